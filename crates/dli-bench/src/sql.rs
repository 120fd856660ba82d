//! One side of the scenario of SQL, in a program of its own: the others are without DataFusion.

fn main() -> anyhow::Result<()> {
    dli_bench::scenarios::main()
}
