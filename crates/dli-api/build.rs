//! Generates the bindings of the enabled families from the description.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    dli_codegen::build_script("generated.rs", dli_codegen::api_source)
}
