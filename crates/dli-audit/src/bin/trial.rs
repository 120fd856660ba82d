//! Trials.
use std::path::PathBuf;
fn main() {
    let docs: Vec<PathBuf> = ["zh", "en", "seeds", "explorer"].iter().map(|d| PathBuf::from("/work/shared/docs").join(d)).collect();
    let t = std::time::Instant::now();
    let sources = dli_audit::source_files::read_all(&docs, &[]).unwrap();
    eprintln!("{:?}", t.elapsed());
    println!("{} files, {} skipped", sources.files.len(), sources.skipped.len());
    for f in &sources.files {
        for x in &f.facts.failures { println!("FAIL {} {}", f.name, x); }
    }
    let m = dli_audit::reference::measure(&sources, std::path::Path::new("/work/shared/reference")).unwrap();
    for (s, r) in &m.fields { println!("fields {s} {}/{} {:.2}% flags {}", r.found, r.rows, r.percent(), r.other_flag); }
    for (s, r) in &m.statuses { println!("status {s} {}/{} {:.2}%", r.found, r.rows, r.percent()); for x in &r.misses {println!("  {x}");} }
    for (s, r) in &m.fields { for x in &r.misses {println!("MISS {s} {x}");} }
    for x in &m.beyond { println!("BEYOND {x}"); }
    let what = std::env::args().nth(1).unwrap_or_default();
    for f in &sources.files {
        for o in &f.facts.operations { for x in &o.fields {
            if what == "values" && !x.values.is_empty() { println!("V {} {} {:?}", f.name, x.at(), x.values); }
            if what == "limits" && !x.limits.stated().is_empty() { println!("L {} {} {:?}", f.name, x.at(), x.limits.stated()); }
            if what == "defaults" && x.default.is_some() { println!("D {} {} {:?}", f.name, x.at(), x.default); }
            if what == "types" && x.kind.is_none() { println!("T {} {} {:?}", f.name, x.at(), x.kind_text); }
        }}
    }
}
