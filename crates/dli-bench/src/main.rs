//! One side of one scenario.

fn main() -> anyhow::Result<()> {
    dli_bench::scenarios::main()
}
