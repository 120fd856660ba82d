//! Prints generated code: `print api|handles|surface FAMILY…` (all families when none is named).

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "surface".to_owned());
    let named: Vec<String> = arguments.collect();
    let description = dli_spec::Description::embedded()?;
    let families: Vec<&str> = match named.is_empty() {
        true => description.families(),
        false => named.iter().map(String::as_str).collect(),
    };
    let bundle = description.bundle(&families)?;
    let text = match what.as_str() {
        "api" => dli_codegen::api_source(&bundle)?,
        "handles" => dli_codegen::handle_source(&bundle)?,
        "surface" => dli_codegen::family_surface(&bundle)?,
        _ => dli_codegen::operation_surface(&bundle),
    };
    println!("{text}");
    Ok(())
}
