//! Whatever a file holds, reading it neither panics nor takes long.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use dli_audit::description::Description;
use dli_audit::lock::Lock;
use dli_audit::source_files::{SourceFile, Sources};
use dli_audit::{compare, drift, sources};
use proptest::prelude::*;

static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    Description::from_texts(&[
        ("dli.yaml", include_str!("fixtures/dli.yaml")),
        ("kettles.yaml", include_str!("fixtures/kettles.yaml")),
    ])
    .expect("well formed")
});

/// Everything that happens to a page after it was read.
fn digest(content: &str) {
    let Some((kind, facts)) = sources::read(content) else {
        return;
    };
    let sources = Sources {
        files: vec![SourceFile { name: "pages/x".to_owned(), kind, facts }],
        skipped: Vec::new(),
    };
    let lock = Lock::of(&sources);
    assert_eq!(Lock::parse(&lock.to_text()).expect("readable"), lock);
    compare::compare(&sources, &DESCRIPTION);
    drift::find(&sources, &DESCRIPTION);
}

/// Far above what a debug build needs, far below what anything quadratic would take.
const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn endless_repetitions_are_read_in_time_proportional_to_their_length() {
    let head = "# T\n\n## URI\n\nGET /v9/{project_id}/kettles/{kettle_id}\n\n## Response\n\n";
    let rst = "T\n====\n\n.. _x:\n\nURI\n---\n\nGET /v9/{a}\n\nResponse\n--------\n\n";
    let row = "| a | Yes | Object | See Table 1, Table 2, Table 3. |\n";
    let table = |n: usize| {
        format!(
            "Table {n} things\n\n| Parameter | Mandatory | Type | Description |\n|---|---|---|---|\n{}",
            row.repeat(50)
        )
    };
    let tables: String = (1..150).map(table).collect::<Vec<_>>().join("\n");
    let mut cases = vec![
        ("tables that refer to each other".to_owned(), format!("{head}{tables}")),
        (
            "thousands of tables".to_owned(),
            format!("{head}{}", "| Name | Type |\n|---|---|\n| a | b |\n\n".repeat(8_000)),
        ),
        ("a deep JSON definition".to_owned(), format!("{{\"paths\": {}", "[".repeat(200_000))),
        ("a definition that contains itself".to_owned(), self_reference()),
        (
            "a wide grid".to_owned(),
            format!("{rst}+{}\n|{}\n", "-+".repeat(100_000), " |".repeat(100_000)),
        ),
        (
            "a grid without end".to_owned(),
            format!("{rst}+---+---+\n{}", "| a | b |\n".repeat(30_000)),
        ),
    ];
    let pieces = [
        "<table>",
        "<table><tr><td>",
        "</table>",
        "<td>",
        "<b>",
        "<a name=\"x\"></a>",
        "<a href=\"#x\">",
        "```\n",
        "> ",
        "- ",
        "1. ",
        "**",
        "`",
        "[a](",
        "![",
        "| ",
        "|---|\n",
        "\\",
        "*",
        ":ref:`",
        "``",
        "__",
        ".. table:: x\n",
        ".. list-table::\n",
        "* - ",
        "   * - a\n",
        "==== ====\n",
        "+--+--+\n",
        "  +\n",
        "Table 1 x\n\n",
        "Parameter\n\nType\n\n",
        "{",
        "[{",
        "\"a\":",
        "GET /v1/{",
        "GET /v1/{a}?b=c\n",
        "表 1 ",
        "默认值为“",
        "长度限制：0-",
        "The default value is ",
        "Options: A, ",
        "“A”、",
        "\u{3000}",
        "\u{200b}",
        "\u{feff}",
        "例",
        "# ",
        "#",
        "\n",
        "\r\n",
        "\t",
        "&lt;",
        "&",
        "<!--",
        "<script>",
        "状态码：",
        "请参考表1",
    ];
    for piece in pieces {
        for start in ["", head, rst, "Title\n\nURI\n\nGET /v1/{a}\n\n"] {
            cases.push((
                format!("{start:.5?}… {piece:?}"),
                format!("{start}{}", piece.repeat(120_000 / piece.len())),
            ));
        }
    }
    for (what, content) in cases {
        let begin = Instant::now();
        digest(&content);
        let took = begin.elapsed();
        assert!(took < LIMIT, "{what}: {took:?}");
    }
}

fn self_reference() -> String {
    let properties: Vec<String> =
        (0..50).map(|i| format!("\"p{i}\": {{\"$ref\": \"#/definitions/A\"}}")).collect();
    format!(
        "{{\"definitions\": {{\"A\": {{\"type\": \"object\", \"properties\": {{{}}}}}}}, \"paths\": {{\"/v1/a\": {{\"post\": {{\"parameters\": \
         [{{\"in\": \"body\", \"name\": \"b\", \"schema\": {{\"$ref\": \"#/definitions/A\"}}}}], \"responses\": {{}}}}}}}}}}",
        properties.join(", ")
    )
}

/// Texts made of what the readers look for.
fn page() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "# ",
        "## URI\n\n",
        "## Response\n\n",
        "\n",
        "\n\n",
        "    ",
        "GET /v9/{project_id}/kettles/{kettle_id}",
        "<table>",
        "</table>",
        "<tr>",
        "</tr>",
        "<td>",
        "</td>",
        "<td rowspan=3 colspan=2>",
        "<ul>",
        "<li>",
        "</li>",
        "参数名称",
        "是否必选",
        "参数类型",
        "说明",
        "Parameter",
        "Mandatory",
        "Type",
        "Description",
        "String",
        "Array of objects",
        "Yes",
        "否",
        "| ",
        " |",
        "|---|---|\n",
        "```\n",
        "{\"a\": 1}",
        "{\"state\": \"X\"",
        "Table 1 x",
        "**表 2**  响应参数",
        "See Table 1",
        ".. table:: **Table 1** x\n\n",
        "   ",
        "+---+---+\n",
        "| a | b |\n",
        "==== ====\n",
        "a    b\n",
        "URI\n---\n\n",
        "T\n====\n\n",
        ".. _x:\n\n",
        ":ref:`T <x>`",
        "**",
        "``",
        "- ",
        "* - ",
        "  - ",
        "状态码",
        "200",
        "默认值为“1”",
        "长度限制：1-64个字符",
        "Options: A, B.",
        "•",
        "“",
        "”",
        "\\",
        "例",
    ]);
    prop::collection::vec(words, 0..80).prop_map(|words| words.concat())
}

proptest! {
    // 256 each; PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mixture_of_markup_panics(content in page()) {
        digest(&content);
    }

    #[test]
    fn no_text_panics(content in "\\PC{0,300}") {
        digest(&content);
    }

    #[test]
    fn no_damaged_page_panics(at in 0_usize..6000, length in 0_usize..40, what in page()) {
        for page in [
            include_str!("fixtures/kettle_html.md"),
            include_str!("fixtures/kettle_pipe.md"),
            include_str!("fixtures/kettle.rst"),
            include_str!("fixtures/kettle.txt"),
            include_str!("fixtures/Kettle.json"),
        ] {
            let chars: Vec<char> = page.chars().collect();
            let at = at % chars.len();
            let after = (at + length).min(chars.len());
            let damaged: String = chars[..at].iter().collect::<String>() + &what + &chars[after..].iter().collect::<String>();
            digest(&damaged);
        }
    }
}
