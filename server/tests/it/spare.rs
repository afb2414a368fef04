//! The server's machine dies for good: on another, a backup and the log of the second disk become the whole exam again, and
//! candidates go on with the pages that they have open.

use std::{collections::BTreeMap, path::Path, process::Command};

use driver::{
    client::Client,
    people::{self, Machine},
    server::{Server, free_port},
};
use kaochang::{
    config::{Flags, Settings},
    service::verify::verify,
    store::{Store, response, session, sitting},
};
use kaochang_app::wire::SaveReply;

use crate::exam::Folder;

const BINARY: &str = env!("CARGO_BIN_EXE_kaochang");

async fn serve(data: &Path, log: &Path) -> Server {
    let port = free_port().expect("a port");
    let mut command = Command::new(BINARY);
    command.arg("serve").arg("--data").arg(data).arg("--answer-log").arg(log);
    command.args(["--listen", &format!("127.0.0.1:{port}")]).env("RUST_LOG", "warn");
    let server = Server::start(&mut command, port, &data.join("log.txt")).await.expect("it serves");
    // The port is taken before the database is open.
    let mut client = Client::connect(server.address).await.expect("a connection");
    assert_eq!(client.get("/health").await.expect("an answer").status, 200);
    server
}

fn run(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(BINARY).arg("--data").arg(data).args(arguments).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

/// Saves an answer; what the server said of it.
async fn save(client: &mut Client, seq: i64, position: u32, letters: &str) -> SaveReply {
    let body = format!(
        "{{\"epoch\":1,\"changes\":[{{\"seq\":{seq},\"position\":{position},\"response\":\"{letters}\",\"flagged\":false}}]}}"
    );
    let request = client.request("/exam/changes", "application/json", "", &body);
    let answer = client.send(&request).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).expect("a reply")
}

async fn log_in(machine: &mut Machine) {
    machine.client = machine.client.again().await.expect("a connection");
    machine.log_in().await.expect("a login");
}

#[tokio::test]
async fn a_spare_takes_over_from_backup_and_log() {
    let (data, log, kept, spare) = (Folder::new(), Folder::new(), Folder::new(), Folder::new());
    let flags = Flags { data: Some(data.0.clone()), answer_log: Some(log.0.clone()), ..Flags::default() };
    let hall = people::prepare(&Settings::of(&flags).expect("settings"), 3, 5).await.expect("a session");
    let server = serve(&data.0, &log.0).await;
    let mut machines = hall.enrol(server.address).await.expect("machines");
    for machine in &mut machines[..2] {
        log_in(machine).await;
    }
    hall.open_rooms(server.address).await.expect("open rooms");
    for machine in &mut machines[..2] {
        machine.client = machine.client.again().await.expect("a connection");
        assert_eq!(machine.client.get("/exam").await.expect("a page").status, 200);
    }
    let mut acknowledged = BTreeMap::new();
    for position in 1..=5 {
        save(&mut machines[0].client, position.into(), position, "A").await;
        acknowledged.insert((0, position), "A");
    }
    let backup = kept.0.join("backup.sqlite");
    run(&data.0, &["backup", &backup.display().to_string()]);

    // After the backup: answers, other answers to the same questions, a late candidate, a hand-in.
    let mut remaining_ms = 0;
    for position in 4..=20 {
        remaining_ms = save(&mut machines[0].client, i64::from(position) + 10, position, "B").await.remaining_ms;
        acknowledged.insert((0, position), "B");
    }
    log_in(&mut machines[2]).await;
    assert_eq!(machines[2].client.get("/exam").await.expect("a page").status, 200);
    save(&mut machines[2].client, 1, 1, "A").await;
    acknowledged.insert((2, 1), "A");
    save(&mut machines[1].client, 1, 7, "B").await;
    acknowledged.insert((1, 7), "B");
    machines[1].client.post("/exam/hand-in", &[("epoch", "1"), ("confirm", "yes")]).await.expect("a hand-in");

    // The machine is gone with its disk: killed, and nothing of its folder is looked at any more but the keys kept apart.
    drop(server);
    std::fs::copy(data.0.join("vault.key"), spare.0.join("vault.key")).expect("the keys");
    drop(data);
    let said = run(&spare.0, &["restore", &backup.display().to_string(), "--answer-log", &log.0.display().to_string()]);
    assert!(said.contains("taken in from the log") && said.contains("0 problems"), "{said}");

    let server = serve(&spare.0, &log.0).await;
    for number in [0, 2] {
        let mut client = Client::connect(server.address).await.expect("a connection");
        client.cookies.clone_from(&machines[number].client.cookies);
        let reply = save(&mut client, 100, 50, "A").await;
        acknowledged.insert((number, 50), "A");
        if number == 0 {
            assert!(reply.remaining_ms > remaining_ms - 5_000, "{} after {remaining_ms}", reply.remaining_ms);
        }
    }
    server.stop().expect("a clean stop");

    let store = Store::open_read_only(&spare.0.join("kaochang.sqlite")).await.expect("it opens");
    let mut tx = store.read().await.expect("a reader");
    let sittings = sitting::of_session(&mut tx, &hall.session).await.expect("sittings");
    let rows = response::of_session(&mut tx, &hall.session).await.expect("answers");
    for ((number, position), letters) in &acknowledged {
        let its = sittings.iter().find(|row| row.admission_no == machines[*number].admission_no).expect("it is there");
        let row = rows.iter().find(|row| row.sitting_id == its.id && row.position == i64::from(*position));
        assert_eq!(row.map(|row| row.response.as_str()), Some(*letters), "candidate {number}, question {position}");
    }
    assert_eq!(rows.len(), acknowledged.len());
    assert_eq!(sittings.iter().filter(|row| row.phase == "closed").count(), 1);
    assert_eq!(session::outages(&mut tx, &hall.session).await.expect("outages").len(), 1, "and it is recorded");
    drop(tx);
    assert_eq!(verify(&store, None, None).await.expect("the record").problems, [""; 0]);
}
