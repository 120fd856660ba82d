//! What signing costs.

fn main() {}
