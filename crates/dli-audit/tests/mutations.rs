//! A page edited by one row is reported as exactly that: each case edits one page in one place
//! and names the one change and the one difference that have to be reported, and no other.

use dli_audit::changes::Changes;
use dli_audit::compare;
use dli_audit::description::Description;
use dli_audit::lock::Lock;
use dli_audit::source_files::{SourceFile, Sources};
use dli_audit::sources;

const HTML: &str = include_str!("fixtures/kettle_html.md");
const PIPE: &str = include_str!("fixtures/kettle_pipe.md");
const RST: &str = include_str!("fixtures/kettle.rst");
const TEXT: &str = include_str!("fixtures/kettle.txt");
const JSON: &str = include_str!("fixtures/Kettle.json");

/// An edit of one page.
struct Case {
    what: &'static str,
    page: &'static str,
    from: &'static str,
    to: &'static str,
    /// The change since the lock.
    change: &'static str,
    /// The difference from the description; none where a page merely says less.
    difference: &'static str,
}

const fn case(
    what: &'static str,
    page: &'static str,
    from: &'static str,
    to: &'static str,
    change: &'static str,
    difference: &'static str,
) -> Case {
    Case { what, page, from, to, change, difference }
}

const CASES: &[Case] = &[
    // A field added.
    case(
        "HTML: a field added to an answer",
        HTML,
        "<tr><td>state</td>",
        "<tr><td>colour</td><td>否</td><td>String</td><td>颜色。</td></tr>\n<tr><td>state</td>",
        "response.body.colour: field added (string, optional)",
        "response.body.colour field: string; nothing",
    ),
    case(
        "pipe: a field added to an object",
        PIPE,
        "| material | No | String | Material. |",
        "| material | No | String | Material. |\n| colour | Yes | Integer | Colour. |",
        "request.body.spouts[].colour: field added (integer, mandatory)",
        "request.body.spouts[].colour field: integer, mandatory; nothing",
    ),
    case(
        "rst: a query parameter added",
        RST,
        "      ========= ========= ======= ================================================\n\nRequest Parameters",
        "      fast      No        Boolean Whether to hurry.\n      ========= ========= ======= ================================================\n\nRequest Parameters",
        "request.query.fast: field added (boolean, optional)",
        "request.query.fast field: boolean; nothing",
    ),
    case(
        "text: a field added",
        TEXT,
        "state\n\nNo\n\nString",
        "colour\n\nNo\n\nString\n\nColour.\n\nstate\n\nNo\n\nString",
        "response.body.colour: field added (string, optional)",
        "response.body.colour field: string; nothing",
    ),
    case(
        "definition: a field added",
        JSON,
        "\"is_success\": { \"type\": \"boolean\" },",
        "\"is_success\": { \"type\": \"boolean\" }, \"colour\": { \"type\": \"string\" },",
        "response.body.colour: field added (string)",
        "response.body.colour field: string; nothing",
    ),
    // A field removed: a page may say less than another.
    case(
        "HTML: a field removed",
        HTML,
        "<tr><td>is_success</td><td>否</td><td>Boolean</td><td>是否成功。</td></tr>\n",
        "",
        "response.body.is_success: field removed (boolean, optional)",
        "",
    ),
    // A type changed.
    case(
        "HTML: a type changed",
        HTML,
        "<td>Long</td>",
        "<td>String</td>",
        "request.body.spouts[].width: type changed from integer to string",
        "request.body.spouts[].width type: string; integer",
    ),
    case(
        "pipe: a type changed",
        PIPE,
        "| material | No | String |",
        "| material | No | Double |",
        "request.body.spouts[].material: type changed from string to number",
        "request.body.spouts[].material type: number; string",
    ),
    case(
        "rst: the type of an object changed, its inside gone with it",
        RST,
        "| spouts      | No        | Array of objects |",
        "| spouts      | No        | String           |",
        "request.body.spouts: type changed from array of object to string",
        "request.body.spouts type: string; array of object",
    ),
    case(
        "text: a type changed",
        TEXT,
        "width\n\nYes\n\nLong",
        "width\n\nYes\n\nBoolean",
        "request.body.spouts[].width: type changed from integer to boolean",
        "request.body.spouts[].width type: boolean; integer",
    ),
    case(
        "definition: a type changed",
        JSON,
        "\"material\": { \"type\": \"string\" }",
        "\"material\": { \"type\": \"number\" }",
        "request.body.spouts[].material: type changed from string to number",
        "request.body.spouts[].material type: number; string",
    ),
    // A flag flipped.
    case(
        "HTML: a flag flipped",
        HTML,
        "<tr><td>material</td><td>否</td>",
        "<tr><td>material</td><td>是</td>",
        "request.body.spouts[].material: changed from optional to mandatory",
        "request.body.spouts[].material mandatory: mandatory; optional",
    ),
    case(
        "pipe: a flag flipped in an answer",
        PIPE,
        "| state | No |",
        "| state | Yes |",
        "response.body.state: changed from optional to mandatory",
        "response.body.state mandatory: mandatory; optional",
    ),
    case(
        "rst: a flag flipped",
        RST,
        "| label       | Yes       |",
        "| label       | No        |",
        "request.body.label: changed from mandatory to optional",
        "request.body.label mandatory: optional; mandatory",
    ),
    case(
        "text: a flag flipped",
        TEXT,
        "kettle_id\n\n    Yes",
        "kettle_id\n\n    No",
        "request.path.kettle_id: changed from mandatory to optional",
        "request.path.kettle_id mandatory: optional; mandatory",
    ),
    case(
        "definition: a flag flipped",
        JSON,
        "\"required\": [\"label\"]",
        "\"required\": [\"label\", \"mode\"]",
        "request.body.mode: changed from optional to mandatory",
        "request.body.mode mandatory: mandatory; optional",
    ),
    // An enumeration value added.
    case(
        "HTML: a value added to a list",
        HTML,
        "<li>fast：快</li>",
        "<li>fast：快</li><li>never：不</li>",
        "request.body.mode: value added: never",
        "request.body.mode enum: never; slow, fast",
    ),
    case(
        "HTML: a value added to a table of values",
        HTML,
        "<tr><td>READY</td>",
        "<tr><td>BROKEN</td><td>坏</td><td>坏了。</td></tr>\n<tr><td>READY</td>",
        "response.body.state: value added: BROKEN",
        "response.body.state enum: BROKEN; HEATING, READY",
    ),
    case(
        "pipe: a value added",
        PIPE,
        "<br>- **fast**: without",
        "<br>- **fast**: without<br>- **never**: not at all",
        "request.body.mode: value added: never",
        "request.body.mode enum: never; slow, fast",
    ),
    case(
        "rst: a value added",
        RST,
        "       -  READY: done",
        "       -  READY: done\n       -  BROKEN: sad",
        "response.body.state: value added: BROKEN",
        "response.body.state enum: BROKEN; HEATING, READY",
    ),
    case(
        "text: a value added",
        TEXT,
        "READY\n\nReady\n\nDone.",
        "READY\n\nReady\n\nDone.\n\nBROKEN\n\nBroken\n\nSad.",
        "response.body.state: value added: BROKEN",
        "response.body.state enum: BROKEN; HEATING, READY",
    ),
    case(
        "definition: a value added",
        JSON,
        "[\"slow\", \"fast\"]",
        "[\"slow\", \"fast\", \"never\"]",
        "request.body.mode: value added: never",
        "request.body.mode enum: never; slow, fast",
    ),
    // An enumeration value removed: a page may list fewer than another.
    case(
        "pipe: a value removed",
        PIPE,
        "<li>READY: done</li>",
        "",
        "response.body.state: value removed: READY",
        "",
    ),
    case(
        "rst: a value renamed",
        RST,
        "-  READY: done",
        "-  BOILED: done",
        "response.body.state: values changed: BOILED added, READY removed",
        "response.body.state enum: BOILED; HEATING, READY",
    ),
    // An example broken.
    case(
        "HTML: an example broken",
        HTML,
        "\"temperature\": 80,",
        "\"temperature\": 80",
        "example 1 of the request: is no longer JSON: expected `,` or `}` at line 4 column 5",
        "example.request example: example 1 is not JSON: expected `,` or `}` at line 4 column 5; JSON",
    ),
    case(
        "pipe: an example that gains a field nobody describes",
        PIPE,
        "\"state\": \"HEATING\"",
        "\"state\": \"HEATING\", \"colour\": 1",
        "example 1 of the response: gained colour",
        "example.response.colour example: integer; nothing",
    ),
    case(
        "rst: an example with a value of another type",
        RST,
        "\"width\": 12",
        "\"width\": \"wide\"",
        "example 1 of the request: has another type of spouts[].width",
        "example.request.spouts[].width example: \"wide\"; integer",
    ),
    case(
        "text: an example with an unknown value",
        TEXT,
        "\"mode\": \"slow\"",
        "\"mode\": \"SLOW\"",
        "example 1 of the request: has other values",
        "example.request.mode example: \"SLOW\"; slow, fast",
    ),
    case(
        "text: an example broken",
        TEXT,
        "\"is_success\": \"true\",",
        "\"is_success\": true\"",
        "example 1 of the response: is no longer JSON: expected `,` or `}` at line 2 column 25",
        "example.response example: example 1 is not JSON: expected `,` or `}` at line 2 column 25; JSON",
    ),
    case(
        "definition: an example broken",
        JSON,
        "\\\"width\\\": 12,",
        "\\\"width\\\": 12",
        "example 1 of the request: is no longer JSON: expected `,` or `}` at line 1 column 79",
        "example.request example: example 1 is not JSON: expected `,` or `}` at line 1 column 79; JSON",
    ),
    // Statuses.
    case(
        "HTML: a status removed",
        HTML,
        "<tr><td>400</td><td>请求错误。</td></tr>\n",
        "",
        "status 400 removed",
        "",
    ),
    case("rst: a status removed", RST, "   400         Not so.\n", "", "status 400 removed", ""),
    case("text: a status removed", TEXT, "400\n\nNot so.\n", "", "status 400 removed", ""),
    case(
        "pipe: a status added",
        PIPE,
        "| 400 | Not so. |",
        "| 400 | Not so. |\n| 418 | A teapot. |",
        "status 418 added",
        "status.418 status: 418; 200, 400",
    ),
    // Limits.
    case(
        "HTML: a limit changed",
        HTML,
        "0-40个字符",
        "0-50个字符",
        "request.body.label: limit changed: maxLength from 40 to 50",
        "request.body.label limit: maxLength 50; maxLength 40",
    ),
    case(
        "pipe: a range changed",
        PIPE,
        "20-100",
        "30-100",
        "request.body.temperature: limit changed: minimum from 20 to 30",
        "request.body.temperature limit: minimum 30; minimum 20",
    ),
    case(
        "rst: a limit changed",
        RST,
        "64 characters",
        "65 characters",
        "request.path.kettle_id: limit changed: maxLength from 64 to 65",
        "request.path.kettle_id limit: maxLength 65; maxLength 64",
    ),
    case(
        "text: a limit changed",
        TEXT,
        "maximum value is 100",
        "maximum value is 120",
        "request.body.temperature: limit changed: maximum from 100 to 120",
        "request.body.temperature limit: maximum 120; maximum 100",
    ),
    case(
        "definition: a limit added",
        JSON,
        "\"material\": { \"type\": \"string\" }",
        "\"material\": { \"type\": \"string\", \"pattern\": \"^[a-z]+$\" }",
        "request.body.spouts[].material: limit changed: pattern from nothing to ^[a-z]+$",
        "request.body.spouts[].material limit: pattern ^[a-z]+$; no limit",
    ),
    // Defaults.
    case(
        "HTML: a default changed",
        HTML,
        "默认值为“95”",
        "默认值为“90”",
        "request.body.temperature: default changed from \"95\" to \"90\"",
        "request.body.temperature default: 90; 95",
    ),
    case(
        "pipe: a default changed",
        PIPE,
        "**Default Value**:<br>95",
        "**Default Value**:<br>90",
        "request.body.temperature: default changed from \"95\" to \"90\"",
        "request.body.temperature default: 90; 95",
    ),
    case(
        "rst: a default changed",
        RST,
        "The default value is **95**",
        "The default value is **96**",
        "request.body.temperature: default changed from \"95\" to \"96\"",
        "request.body.temperature default: 96; 95",
    ),
    case(
        "definition: a default changed",
        JSON,
        "\"default\": 95",
        "\"default\": 94",
        "request.body.temperature: default changed from \"95\" to \"94\"",
        "request.body.temperature default: 94; 95",
    ),
    // Names and addresses.
    case(
        "HTML: a field renamed",
        HTML,
        "<tr><td>material</td>",
        "<tr><td>substance</td>",
        "request.body.spouts[].material: field renamed to substance",
        "request.body.spouts[].substance field: string; nothing",
    ),
    case(
        "HTML: the path renamed",
        HTML,
        "/kettles/\\{kettle\\_id\\}",
        "/pots/\\{kettle\\_id\\}",
        "address changed from PUT /v9/{project_id}/kettles/{kettle_id} to PUT /v9/{project_id}/pots/{kettle_id}",
        "path path: /v9/{project_id}/pots/{kettle_id}; /v9/{project_id}/kettles/{kettle_id}",
    ),
    case(
        "rst: the method changed",
        RST,
        "PUT /v9",
        "POST /v9",
        "address changed from PUT /v9/{project_id}/kettles/{kettle_id} to POST /v9/{project_id}/kettles/{kettle_id}",
        "method method: POST; PUT",
    ),
    case(
        "definition: the path renamed",
        JSON,
        "\"/v9/{project_id}/kettles/{kettle_id}\"",
        "\"/v10/{project_id}/kettles/{kettle_id}\"",
        "address changed from PUT /v9/{project_id}/kettles/{kettle_id} to PUT /v10/{project_id}/kettles/{kettle_id}",
        "path path: /v10/{project_id}/kettles/{kettle_id}; /v9/{project_id}/kettles/{kettle_id}",
    ),
    // Deprecation.
    case(
        "HTML: the page called deprecated",
        HTML,
        "# 修改水壶<",
        "# 修改水壶（废弃）<",
        "now called deprecated",
        "deprecated deprecated: deprecated; current",
    ),
    case(
        "definition: the operation called deprecated",
        JSON,
        "\"operationId\": \"ChangeKettle\",",
        "\"operationId\": \"ChangeKettle\", \"deprecated\": true,",
        "now called deprecated",
        "deprecated deprecated: deprecated; current",
    ),
    // Words that no rule understands.
    case(
        "rst: a description reworded",
        RST,
        "Width in millimetres.",
        "Width in inches.     ",
        "request.body.spouts[].width: description reworded",
        "",
    ),
];

fn read(text: &str) -> Sources {
    let (kind, facts) = sources::read(text).expect("documentation");
    Sources {
        files: vec![SourceFile { name: "pages/kettle".to_owned(), kind, facts }],
        skipped: Vec::new(),
    }
}

fn description() -> Description {
    let kettles = include_str!("fixtures/kettles.yaml")
        .replace("pages/Kettle.json]", "pages/Kettle.json, pages/kettle]");
    Description::from_texts(&[
        ("dli.yaml", include_str!("fixtures/dli.yaml")),
        ("kettles.yaml", &kettles),
    ])
    .expect("well formed")
}

#[test]
fn a_page_edited_in_one_place_is_reported_as_exactly_that() {
    let description = description();
    let mut wrong = Vec::new();
    for case in CASES {
        assert_eq!(
            case.page.matches(case.from).count(),
            1,
            "{}: the edit must fit one place",
            case.what
        );
        let edited = read(&case.page.replacen(case.from, case.to, 1));
        let changes = Changes::between(&Lock::of(&read(case.page)), &Lock::of(&edited));
        let changes: Vec<String> =
            changes.pages.values().flatten().map(ToString::to_string).collect();
        let differences: Vec<String> = compare::compare(&edited, &description)
            .iter()
            .map(|d| format!("{} {}: {}; {}", d.at, d.aspect, d.said, d.held))
            .collect();
        let expected: Vec<&str> =
            Some(case.difference).into_iter().filter(|d| !d.is_empty()).collect();
        if changes != [case.change] || differences != expected {
            wrong.push(format!(
                "{}\n  changes {changes:#?}\n  differences {differences:#?}",
                case.what
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn an_unchanged_page_is_not_reported() {
    for page in [HTML, PIPE, RST, TEXT, JSON] {
        let lock = Lock::of(&read(page));
        let again = Lock::parse(&lock.to_text()).expect("readable");
        assert_eq!(Changes::between(&again, &lock), Changes::default());
    }
}

#[test]
fn a_page_that_lost_its_address_is_a_failure_and_not_a_page_that_agrees() {
    let edited = read(&HTML.replace("PUT /v9", "put it on"));
    assert_eq!(edited.files[0].facts.failures.len(), 1);
    let changes = Changes::between(&Lock::of(&read(HTML)), &Lock::of(&edited));
    let changes: Vec<String> = changes.pages.values().flatten().map(ToString::to_string).collect();
    assert_eq!(changes.len(), 2, "{changes:?}");
}
