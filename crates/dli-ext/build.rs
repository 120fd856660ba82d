//! Generates the handles of the enabled families from the description.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    dli_codegen::build_script("handles.rs", dli_codegen::handle_source)
}
