//! Set-up, build, demo, test, bench.
fn main() {}
