//! A small corpus out of a large one, by the notes that libFuzzer takes when it merges.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Longer inputs are left to those who fuzz.
const LONGEST: u64 = 1024;

/// Replaces what is in `folder` by the inputs that cover the most, and says how much that is.
pub fn keep(notes: &str, most: usize, folder: &Path) -> anyhow::Result<String> {
    let inputs = read(notes)?;
    let all: HashSet<u32> = inputs.iter().flat_map(|(_, features)| features).copied().collect();
    let mut left: Vec<(Vec<u8>, HashSet<u32>)> = Vec::new();
    for (path, features) in inputs {
        let Ok(content) = std::fs::read(&path) else { continue };
        if content.len() as u64 <= LONGEST {
            left.push((content, features));
        }
    }
    // Those that are equally good: the shorter one, whatever the order of the files.
    left.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
    let mut kept = Vec::new();
    let mut covered: HashSet<u32> = HashSet::new();
    // What an input adds only gets less as others are kept, so that the first one in the queue is
    // the best if it still adds what it did when it was put there.
    let mut queue: BinaryHeap<(usize, Reverse<usize>)> =
        left.iter().enumerate().map(|(at, (_, features))| (features.len(), Reverse(at))).collect();
    while kept.len() < most
        && let Some((before, Reverse(at))) = queue.pop()
    {
        let (content, features) = &left[at];
        let adds = features.difference(&covered).count();
        if adds < before {
            queue.push((adds, Reverse(at)));
        } else if adds > 0 {
            covered.extend(features);
            kept.push(content);
        }
    }
    std::fs::remove_dir_all(folder)?;
    std::fs::create_dir_all(folder)?;
    for (number, content) in kept.iter().enumerate() {
        std::fs::write(folder.join(format!("{number:02}")), content)?;
    }
    let bytes: usize = kept.iter().map(|content| content.len()).sum();
    let (covered, all, kept) = (covered.len(), all.len(), kept.len());
    Ok(format!("{kept} inputs, {bytes} bytes, {covered} of {all} features"))
}

/// The inputs, each with the features it has.
fn read(notes: &str) -> anyhow::Result<Vec<(PathBuf, HashSet<u32>)>> {
    let mut lines = notes.lines();
    let many: usize =
        lines.next().and_then(|line| line.parse().ok()).context("no number of files")?;
    let mut inputs: Vec<(PathBuf, HashSet<u32>)> =
        lines.by_ref().skip(1).take(many).map(|path| (path.into(), HashSet::new())).collect();
    for line in lines {
        let mut words = line.split(' ');
        if words.next() != Some("FT") {
            continue;
        }
        let index = words.next().and_then(|word| word.parse::<usize>().ok());
        let input =
            index.and_then(|index| inputs.get_mut(index)).context("a file that is not named")?;
        input.1.extend(words.filter_map(|word| word.parse::<u32>().ok()));
    }
    Ok(inputs)
}
