//! One side of one scenario, with every allocation counted.

#[global_allocator]
static COUNTING: dhat::Alloc = dhat::Alloc;

fn main() -> anyhow::Result<()> {
    let _profiler = dhat::Profiler::builder().testing().build();
    dli_bench::measure::count_allocations_by(|| dhat::HeapStats::get().total_blocks);
    dli_bench::scenarios::main()
}
