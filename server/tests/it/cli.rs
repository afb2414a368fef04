//! The binary itself: what it says when it can't, and that it stops when told to. On the loopback interface, at ports that
//! were free a moment ago; each server is stopped by the test that started it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use crate::exam::{Folder, STANDARD};

fn kaochang(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaochang"));
    command.env_clear().env("NO_COLOR", "1").arg("--data").arg(data).current_dir(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The command fails with exit code 1 and one message; what it says.
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("the binary runs");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(!error.contains("panicked") && !error.contains("backtrace"), "{error}");
    error
}

fn done(command: &mut Command) -> String {
    let output: Output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server that serves.
struct Server {
    child: Child,
    address: SocketAddr,
    log: BufReader<std::process::ChildStderr>,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = kaochang(data).args(["serve", "--listen", "127.0.0.1:0"]).spawn().expect("the binary runs");
        let mut log = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        while log.read_line(&mut line).expect("a log") > 0 {
            if let Some((_, address)) = line.split_once("serving on http://") {
                let address = address.split_whitespace().next().unwrap_or_default();
                let address = address.parse().unwrap_or_else(|_| panic!("{line} names no address"));
                return Self { child, address, log };
            }
        }
        let status = child.wait().expect("it ended");
        panic!("the server did not start: {status}\n{line}");
    }

    /// Asks for a page; status line and all.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)
            .expect("it takes it");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// Sends a signal to this very process and waits for its end; the rest of its log.
    fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("a log");
        (self.child.wait().expect("it ends"), log)
    }
}

impl Drop for Server {
    /// Also when the test fails in between; a child that ended already is no error.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn serves_and_stops_when_told_to() {
    let folder = Folder::new();
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(&folder.0);
        assert!(server.get("/health").starts_with("HTTP/1.1 200"), "{signal}");
        assert!(server.get("/").contains("<!DOCTYPE html>"));
        let (status, log) = server.stop(signal);
        assert_eq!(status.code(), Some(0), "{signal}: {log}");
        assert!(log.contains("stopped"), "{signal}: {log}");
    }
}

#[test]
fn a_port_in_use_is_told_at_once() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    for command in ["serve", "demo"] {
        let error = refused(kaochang(&folder.0).args([command, "--listen", &address]));
        assert!(error.contains(&address) && error.contains("in use") && error.contains("--listen"), "{error}");
    }
    assert!(!folder.0.join("kaochang.sqlite").exists(), "before anything else was done");
}

#[test]
fn a_data_folder_has_one_server() {
    let folder = Folder::new();
    let server = Server::start(&folder.0);
    for arguments in [vec!["serve", "--listen", "127.0.0.1:0"], vec!["session", "list"]] {
        let error = refused(kaochang(&folder.0).args(arguments));
        assert!(error.contains("another kaochang") && error.contains("--data"), "{error}");
    }
    assert!(server.get("/health").starts_with("HTTP/1.1 200"), "the first goes on");
    let (status, _) = server.stop("-TERM");
    assert!(status.success());
    assert_eq!(done(kaochang(&folder.0).args(["session", "list"])), "");
}

#[test]
fn a_database_that_is_none_is_told() {
    let folder = Folder::new();
    for url in ["mysql://localhost/x", "nonsense", "sqlite:x.db", ""] {
        let error = refused(kaochang(&folder.0).args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]));
        assert!(error.contains("postgres://"), "{url}: {error}");
    }
    for url in ["postgres://[", "postgres://u@127.0.0.1:1/x"] {
        let error = refused(kaochang(&folder.0).args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]));
        assert!(error.contains("the database can't be opened"), "{url}: {error}");
    }
    let file = folder.0.join("kaochang.sqlite");
    std::fs::write(&file, "this is no database, and it is long enough to be looked at as one".repeat(20)).unwrap();
    let error = refused(kaochang(&folder.0).args(["serve", "--listen", "127.0.0.1:0"]));
    assert!(error.contains("the database can't be opened"), "{error}");
}

#[test]
fn settings_that_are_none_are_told() {
    let folder = Folder::new();
    for (arguments, wanted) in [
        (["serve", "--utc-offset", "tomorrow"], "+08:00"),
        (["serve", "--tls-cert", "cert.pem"], "--tls-key"),
        (["session", "seats", "none"], "no such session"),
    ] {
        let error = refused(kaochang(&folder.0).args(arguments));
        assert!(error.contains(wanted), "{arguments:?}: {error}");
    }
    let error = refused(kaochang(Path::new("/")).args(["session", "list", "--data", "/dev/null/x"]));
    assert!(error.contains("can't be made"), "{error}");
    std::fs::write(folder.0.join("kaochang.toml"), "listen = 5").unwrap();
    assert!(refused(kaochang(&folder.0).arg("serve")).contains("kaochang.toml"));
    std::fs::write(folder.0.join("kaochang.toml"), "colour = \"red\"").unwrap();
    assert!(refused(kaochang(&folder.0).arg("serve")).contains("colour"));
}

#[test]
fn a_damaged_key_file_is_told() {
    let folder = Folder::new();
    done(kaochang(&folder.0).args(["session", "list"]));
    std::fs::write(folder.0.join("vault.key"), "00").unwrap();
    let error = refused(kaochang(&folder.0).args(["session", "list"]));
    assert!(error.contains("vault.key") && error.contains("backup"), "{error}");
}

const PLAN: &str = "title = \"模拟\"\nstandard = \"cloud-computing-engineer-2-02-10-12\"\nlevel = \"junior\"\n\
    direction = \"operations\"\npurpose = \"mock\"\nminutes = 90\ndifficulty = false\n[[room]]\nnumber = 1\nseats = 2\ncolumns = 2\n";
const ROSTER: &str = "admission_no,name,id_number,room,seat\n1,甲,990000199001010017,1,1\n";

#[test]
fn a_session_is_planned_verified_and_a_bad_plan_is_not() {
    let folder = Folder::new();
    let write = |name: &str, text: &str| std::fs::write(folder.0.join(name), text).unwrap();
    write("plan.toml", PLAN);
    write("short.toml", &PLAN.replace("90", "89"));
    write("broken.toml", "title = ");
    write("roster.csv", ROSTER);
    write("bad.csv", &format!("{ROSTER}1,乙,990000199001010025,1,3\n"));
    let create = ["session", "create", "--plan", "plan.toml", "--roster", "roster.csv"];
    for (plan, roster, wanted) in [
        ("short.toml", "roster.csv", "89 minutes"),
        ("broken.toml", "roster.csv", "plan"),
        ("plan.toml", "bad.csv", "Row 3"),
        ("plan.toml", "none.csv", "none.csv"),
    ] {
        let error = refused(kaochang(&folder.0).args(["session", "create", "--plan", plan, "--roster", roster]));
        assert!(error.contains(wanted), "{plan} {roster}: {error}");
    }
    assert_eq!(done(kaochang(&folder.0).args(["session", "list"])), "", "nothing is half-made");
    write("one", "the first officer's words");
    let error = refused(kaochang(&folder.0).args(create).args(["--contribution", "one"]));
    assert!(error.contains("--contribution twice"), "{error}");
    let created = done(kaochang(&folder.0).args(create).args(["--contribution", "one", "--contribution", "plan.toml"]));
    assert!(created.contains("1 papers drawn and 2 reserves") && created.contains("commitment"), "{created}");
    let id = created.split_whitespace().nth(1).unwrap_or_default();
    assert!(done(kaochang(&folder.0).args(["session", "list"])).contains(id));
    assert_eq!(done(kaochang(&folder.0).args(["session", "seats", id])).lines().count(), 3);
    let error = refused(kaochang(&folder.0).args(["session", "evidence", id]));
    assert!(error.contains("once every room has ended"), "{error}");
    assert!(refused(kaochang(&folder.0).args(["session", "evidence", "none"])).contains("no such session"));
    let report = done(kaochang(&folder.0).args(["audit", "verify"]));
    assert!(report.contains("0 problems"), "{report}");
    done(kaochang(&folder.0).args(["audit", "verify", "--session", id]));
    let error =
        refused(kaochang(&folder.0).args(["audit", "verify", "--session", id, "--head", "999:0000000000000000"]));
    assert!(error.contains("the record is not what was written"), "{error}");
    let error = refused(kaochang(&folder.0).args(["audit", "verify", "--session", id, "--head", "nonsense"]));
    assert!(error.contains("is no head"), "{error}");
    assert!(refused(kaochang(&Folder::new().0).args(["audit", "verify"])).contains("no database"));

    // Without its keys nobody could log in: new ones are not made in silence.
    let keys = folder.0.join("vault.key");
    std::fs::rename(&keys, folder.0.join("kept")).unwrap();
    assert!(refused(kaochang(&folder.0).args(["session", "list"])).contains("restore the file from its backup"));
    assert!(!keys.exists());
    std::fs::rename(folder.0.join("kept"), &keys).unwrap();
    done(kaochang(&folder.0).args(["session", "list"]));
}

#[test]
fn a_bank_file_with_a_fault_is_named_with_its_line() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("bank")).unwrap();
    let file = format!(
        "standard = \"{STANDARD}\"\nlevel = \"junior\"\nfunction = \"ethics\"\nknowledge = \"2.1.1\"\n\n[[question]]\n\
         id = \"own-1\"\nrevision = 1\nkind = \"true-false\"\nstem = \"问\"\ndifficulty = 0.5\nexplanation = \"因为。\"\nsource = \"标准\"\n"
    );
    std::fs::write(folder.0.join("bank/a.toml"), file).unwrap();
    for act in ["check", "load"] {
        let error = refused(kaochang(&folder.0).args(["bank", act, "bank", "--standard", STANDARD]));
        assert!(error.contains("a.toml, line 6") && error.contains("\"key\""), "{act}: {error}");
    }
    let error = refused(kaochang(&folder.0).args(["bank", "load", "nowhere", "--standard", STANDARD]));
    assert!(error.contains("nowhere"), "{error}");
    let error = refused(kaochang(&folder.0).args(["bank", "check", "bank", "--standard", "other"]));
    assert!(error.contains("\"other\""), "{error}");
}

/// What ships is clean, and the documents say what the commands say.
#[test]
fn the_shipped_bank_is_clean_and_its_documents_are_of_today() {
    let folder = Folder::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the server lies in the workspace");
    let bank = root.join("question-bank/bank");
    let command = |act: &str| {
        let mut command = kaochang(&folder.0);
        command.args(["bank", act]).arg(&bank).args(["--standard", STANDARD]);
        command
    };
    let report = done(command("check").args(["--coverage", "coverage.csv"]));
    let document = |name: &str| std::fs::read_to_string(root.join("docs").join(name)).expect("it is there");
    assert_eq!(report, document("BANK-REPORT.txt"), "write it anew by `kaochang bank check … --report`");
    let coverage = std::fs::read_to_string(folder.0.join("coverage.csv")).expect("it was written");
    assert_eq!(coverage, document("BANK-COVERAGE.csv"), "write it anew by `kaochang bank check … --coverage`");
    let sample = done(&mut command("sample"));
    assert!(document("BANK-SAMPLE.md").ends_with(&sample), "write it anew by `kaochang bank sample`");
}

#[test]
fn accounts_are_made_once_with_a_password_that_is_one() {
    let folder = Folder::new();
    let account = |password: &str| {
        let mut child = kaochang(&folder.0)
            .args(["account", "add", "office", "--name", "考务", "--role", "office"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        writeln!(child.stdin.take().expect("it is piped"), "{password}").expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, said) = account("short");
    assert!(code == Some(1) && said.contains("at least 8"), "{said}");
    let (code, said) = account("long enough");
    assert!(code == Some(0) && said.contains("office: done") && !said.contains("long enough"), "{said}");
    let (code, said) = account("another one");
    assert!(code == Some(1) && said.contains("taken"), "{said}");
}

/// A folder with everything that a draw takes: a bank of ten questions, a blueprint of five, a roster of two and a reserve.
fn with_draw() -> Folder {
    let folder = Folder::new();
    let write = |name: &str, text: &str| std::fs::write(folder.0.join(name), text).unwrap();
    std::fs::create_dir(folder.0.join("bank")).unwrap();
    let question = |n: u32| {
        format!(
            "[[question]]\nid = \"q-{n:02}\"\nrevision = 1\nkind = \"single\"\nstem = \"问{n}\"\noptions = [\"甲\", \"乙\", \"丙\"]\n\
             key = \"A\"\norder = \"shuffle\"\ndifficulty = 0.5\nexplanation = \"因为如此，所以这样。\"\nsource = \"标准 2.1.1\"\n"
        )
    };
    let head =
        format!("standard = \"{STANDARD}\"\nlevel = \"junior\"\nfunction = \"ethics\"\nknowledge = \"2.1.1\"\n\n");
    write("bank/a.toml", &(1..=10).fold(head, |text, n| text + &question(n)));
    write(
        "blueprint.toml",
        &format!(
            "standard = \"{STANDARD}\"\nlevel = \"junior\"\npoints = [[\"ethics\", 5]]\n[[kinds]]\nkind = \"single\"\ncount = 5\n\
             points_milli = 1000\nmarking = {{ policy = \"exact\" }}\n"
        ),
    );
    write("roster.csv", "sitting,candidate,room,row,column\ns1,,1,0,0\ns2,,1,0,1\nr1,,,,\n");
    write("earlier.json", "{\"seen\": {\"s1\": [\"q-01\", \"q-02\"]}}");
    write("one", "the first officer's words");
    write("two", "the second officer's words");
    folder
}

const DRAW: [&str; 17] = [
    "draw",
    "--blueprint",
    "blueprint.toml",
    "--bank",
    "bank",
    "--standard",
    STANDARD,
    "--roster",
    "roster.csv",
    "--earlier",
    "earlier.json",
    "--contribution",
    "one",
    "--contribution",
    "two",
    "--out",
    "evidence.json",
];

#[test]
fn papers_are_drawn_from_files_and_drawn_again() {
    let folder = with_draw();
    let said = done(kaochang(&folder.0).args(DRAW));
    assert!(said.contains("3 papers drawn, each checked"), "{said}");
    let commitment = said.split_whitespace().find(|word| word.len() == 64).expect("a commitment").to_owned();
    let verify = ["verify", "evidence.json"];
    let said = done(kaochang(&folder.0).args(verify));
    assert!(said.contains("2 papers and 1 reserves") && said.contains("compare the commitment"), "{said}");
    let said = done(kaochang(&folder.0).args(verify).args(["--commitment", &commitment.to_uppercase()]));
    assert!(said.contains(&commitment) && said.contains("is the one that was published"), "{said}");
    let error = refused(kaochang(&folder.0).args(verify).args(["--commitment", &"0".repeat(64)]));
    assert!(error.contains("of another draw") && error.contains(&commitment), "{error}");
    assert!(refused(kaochang(&folder.0).args(verify).args(["--commitment", "12"])).contains("is no commitment"));

    // The same files, the same bytes; the contributions the other way round, another draw.
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap();
    let first = read("evidence.json");
    done(kaochang(&folder.0).args(DRAW));
    assert_eq!(read("evidence.json"), first);
    let turned = DRAW.map(|word| match word {
        "one" => "two",
        "two" => "one",
        word => word,
    });
    done(kaochang(&folder.0).args(turned));
    assert_ne!(read("evidence.json"), first);
}

/// One byte of each thing that papers follow from, and of a paper: each is named.
#[test]
fn evidence_that_differs_in_one_byte_is_refused() {
    let folder = with_draw();
    done(kaochang(&folder.0).args(DRAW));
    let file = folder.0.join("evidence.json");
    let honest = std::fs::read_to_string(&file).unwrap();
    let paper = honest.find("\"papers\":[").expect("papers");
    let (inputs, papers) = honest.split_at(paper);
    let once = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from} stands in the evidence");
        text.replacen(from, to, 1)
    };
    let position = papers.find("\"options\":[").expect("options") + "\"options\":[".len();
    let other = if papers[position..].starts_with('0') { "1" } else { "0" };
    let swapped = format!("{}{other}{}", &papers[..position], &papers[position + 1..]);
    let secret = inputs.find("\"contributions\":[\"").expect("contributions") + "\"contributions\":[\"".len();
    let byte = if &inputs[secret..=secret] == "7" { "6" } else { "7" };
    let another = format!("{}{byte}{}", &inputs[..secret], &inputs[secret + 1..]);
    for (tampered, named) in [
        (another + papers, "contributions"),
        (
            once(inputs, "\"difficulty_permille\":500", "\"difficulty_permille\":501") + papers,
            "the bank has the digest",
        ),
        (once(inputs, "[\"ethics\",5]", "[\"ethics\",6]") + papers, "the blueprint has the digest"),
        (once(inputs, "\"column\":1", "\"column\":2") + papers, "the roster has the digest"),
        (once(inputs, "\"q-02\"]", "\"q-03\"]") + papers, "the list of earlier papers has the digest"),
        (once(inputs, "kaochang-drawer/3", "kaochang-drawer/4") + papers, "the engine has the digest"),
        (inputs.to_owned() + &swapped, "the paper of the sitting s1"),
    ] {
        std::fs::write(&file, tampered).unwrap();
        let error = refused(kaochang(&folder.0).args(["verify", "evidence.json"]));
        assert!(error.contains(named) && error.contains("not what was committed to"), "{named}: {error}");
    }
    for (broken, named) in
        [(&honest[..honest.len() / 2], "is no evidence"), ("", "is no evidence"), ("{}", "missing field")]
    {
        std::fs::write(&file, broken).unwrap();
        let error = refused(kaochang(&folder.0).args(["verify", "evidence.json"]));
        assert!(error.contains(named), "{error}");
    }
    assert!(refused(kaochang(&folder.0).args(["verify", "none.json"])).contains("none.json"));
}

#[test]
fn a_draw_that_can_not_be_is_refused_with_the_reason() {
    let folder = with_draw();
    let write = |name: &str, text: &str| std::fs::write(folder.0.join(name), text).unwrap();
    let roster = "sitting,candidate,room,row,column\n";
    write("twice.csv", &format!("{roster}s1,,1,0,0\ns1,,1,0,1\n"));
    write("half.csv", &format!("{roster}s1,,1,,\n"));
    write("seat.csv", &format!("{roster}s1,,1,0,0\ns2,,1,0,0\n"));
    write("empty", "");
    write("seen.json", "{\"seen\": {\"s1\": [\"q-01\", \"q-02\", \"q-03\", \"q-04\", \"q-05\", \"q-06\"]}}");
    for (from, to, wanted) in [
        ("roster.csv", "twice.csv", "row 3: the sitting s1 stands in row 2"),
        ("roster.csv", "half.csv", "row 2: a place is room, row and column"),
        ("roster.csv", "seat.csv", "s2 has the seat of another"),
        ("earlier.json", "seen.json", "for the re-sitter of the sitting s1"),
        ("two", "empty", "empty is empty"),
        ("two", "gone", "gone can't be read"),
        ("blueprint.toml", "roster.csv", "is no blueprint"),
        ("earlier.json", "one", "is no list of earlier papers"),
        (STANDARD, "other", "there is no standard"),
    ] {
        let error = refused(kaochang(&folder.0).args(DRAW.map(|word| if word == from { to } else { word })));
        assert!(error.contains(wanted), "{from} → {to}: {error}");
    }
    let error = refused(kaochang(&folder.0).args(&DRAW[..13]).args(["--out", "x.json"]));
    assert!(error.contains("--contribution twice"), "{error}");
    assert!(!folder.0.join("evidence.json").exists(), "nothing is half-made");
}
