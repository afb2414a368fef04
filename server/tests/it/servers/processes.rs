//! Row 24 of the faults with the binary itself: two processes on one database, one of them killed, one of them stopped and
//! woken up.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use driver::{
    client::{Answer, Client},
    people::{self, Candidate, Hall},
    server::free_port,
};
use kaochang::{
    config::{Flags, Settings},
    store::{audit, response, room, sitting},
};
use tokio::time::{Instant, sleep};

use crate::exam::{Folder, shared::Shared};

/// Candidates go on within this time.
const GO_ON: Duration = Duration::from_secs(10);
const CANDIDATES: u32 = 12;

struct Server {
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

impl Server {
    /// With a data folder of its own that has the keys of the others.
    async fn start(shared: &Shared, folder: Folder) -> Self {
        let port = free_port().expect("a free port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let child = Command::new(env!("CARGO_BIN_EXE_kaochang"))
            .env_clear()
            .args(["serve", "--database-url", &shared.url(), "--listen", &address.to_string(), "--data"])
            .arg(&folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.0.join("log")).expect("a log"))
            .spawn()
            .expect("the binary runs");
        let mut server = Self { child, address, folder };
        for _ in 0..600 {
            let ready = async { Client::connect(address).await?.get("/health").await };
            if ready.await.is_ok_and(|answer| answer.status == 200) {
                return server;
            }
            assert!(server.child.try_wait().expect("its state").is_none(), "it ended: {}", server.log());
            sleep(Duration::from_millis(100)).await;
        }
        panic!("it does not serve: {}", server.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }

    /// Sends a signal to this very process.
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct Scene {
    a: Server,
    b: Server,
    hall: Hall,
    candidates: Vec<Candidate>,
    shared: Shared,
}

/// Two servers; everybody writes at the first.
async fn writing() -> Scene {
    let shared = Shared::new().await;
    let folder = shared.folder();
    let flags = Flags { data: Some(folder.0.clone()), database_url: Some(shared.url()), ..Flags::default() };
    let settings = Settings::of(&flags).expect("settings");
    let hall = people::prepare(&settings, CANDIDATES, 10).await.expect("a session");
    let a = Server::start(&shared, folder).await;
    let b = Server::start(&shared, shared.folder()).await;
    let mut candidates = hall.log_in(a.address).await.expect("everybody comes in");
    hall.open_rooms(a.address).await.expect("the room opens");
    for candidate in &mut candidates {
        candidate.open().await.expect("the exam page");
    }
    Scene { a, b, hall, candidates, shared }
}

/// A candidate's browser at a server.
async fn at(candidate: &Candidate, server: &Server) -> anyhow::Result<Client> {
    let mut client = Client::connect(server.address).await?;
    client.cookies.clone_from(&candidate.client.cookies);
    Ok(client)
}

/// Sends one change.
async fn save(client: &mut Client, seq: i64, position: u32, letters: &str) -> anyhow::Result<Answer> {
    let change = format!(
        r#"{{"epoch":1,"changes":[{{"seq":{seq},"position":{position},"response":"{letters}","flagged":false}}],"left_page":0}}"#
    );
    let request = client.request("/exam/changes", "application/json", "", &change);
    client.send(&request).await
}

/// Saves until it is acknowledged; how long it took.
async fn saved(candidate: &Candidate, server: &Server, seq: i64) -> Duration {
    let begin = Instant::now();
    loop {
        let answer = async { save(&mut at(candidate, server).await?, seq, 1, "A").await };
        match tokio::time::timeout(Duration::from_secs(3), answer).await {
            Ok(Ok(answer)) if answer.status == 200 => return begin.elapsed(),
            other => assert!(begin.elapsed() < GO_ON, "not acknowledged in {GO_ON:?}: {other:?}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// What stands for a sitting at a position.
async fn stands(shared: &Shared, session: &str, sitting: &str, position: i64) -> Option<(i64, String)> {
    let store = shared.store().await;
    let rows = response::of_sitting(&mut store.read().await.unwrap(), session, sitting).await.unwrap();
    store.close().await;
    rows.into_iter().find(|row| row.position == position).map(|row| (row.seq, row.response))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_one_is_killed_everybody_goes_on_at_the_other() {
    let Scene { a, b, hall, candidates, shared } = writing().await;
    for candidate in &candidates {
        saved(candidate, &a, 1).await;
    }
    // In the middle of saves.
    let busy = candidates.iter().map(|candidate| async { save(&mut at(candidate, &a).await?, 2, 1, "B").await });
    let busy: Vec<_> = busy.collect();
    let killed = async {
        a.signal("-KILL");
    };
    let (answers, ()) = tokio::join!(all(busy), killed);
    let acknowledged: Vec<bool> = answers.iter().map(|answer| answer.as_ref().is_ok_and(|a| a.status == 200)).collect();
    for (candidate, acknowledged) in candidates.iter().zip(acknowledged) {
        let (seq, letters) = stands(&shared, &hall.session, &candidate.sitting, 1).await.expect("it was acknowledged");
        assert!(seq == 2 && letters == "B" || seq == 1 && letters == "A" && !acknowledged, "{seq} {letters}");
    }
    let longest = all(candidates.iter().map(|candidate| saved(candidate, &b, 3)).collect()).await;
    let longest = longest.into_iter().max().expect("candidates");
    println!("went on after {longest:?}");
    for candidate in &candidates {
        assert_eq!(stands(&shared, &hall.session, &candidate.sitting, 1).await, Some((3, "A".to_owned())));
    }
    // Acts go on as well.
    let mut first = at(&candidates[0], &b).await.expect("it serves");
    let handed = first.post("/exam/hand-in", &[("epoch", "1"), ("confirm", "yes")]).await.expect("an answer");
    assert_eq!(handed.to().expect("a redirect"), "/receipt");
    let store = shared.store().await;
    let report = kaochang::service::verify::verify(&store, None, None).await.expect("the record is read");
    assert!(report.problems.is_empty(), "{report}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_stopped_saves_nothing_that_was_ended_meanwhile() {
    let Scene { a, b, hall, candidates, shared } = writing().await;
    for candidate in &candidates {
        saved(candidate, &a, 1).await;
    }
    // Stopped in the middle of acts and saves: whatever it holds in the database it must not hold for long.
    let flood = candidates.iter().map(|candidate| async {
        let mut client = at(candidate, &a).await?;
        client.post("/hand", &[]).await?;
        save(&mut client, 2, 2, "A").await
    });
    let flood = flood.collect();
    let stop = async {
        sleep(Duration::from_millis(30)).await;
        a.signal("-STOP");
    };
    let waiting = tokio::time::timeout(Duration::from_secs(1), async { tokio::join!(all(flood), stop) });
    drop(waiting.await);
    a.signal("-STOP");
    let longest = all(candidates.iter().map(|candidate| saved(candidate, &b, 3)).collect()).await;
    println!("went on after {:?}", longest.into_iter().max());
    // At the other server half of them are handed in.
    let (ended, going) = candidates.split_at(candidates.len() / 2);
    let begin = Instant::now();
    let store = shared.store().await;
    let rooms = room::of_session(&mut store.read().await.unwrap(), &hall.session).await.unwrap();
    let mut console = Client::connect(b.address).await.expect("it serves");
    let staff = [("account", "p1a"), ("password", "secret-p1a")];
    assert_eq!(console.post("/staff/login", &staff).await.expect("an answer").to().expect("a redirect"), "/staff");
    for candidate in ended {
        let path = format!("/rooms/{}/sittings/{}/hand-in", rooms[0].id, candidate.sitting);
        let answer = console.post(&path, &[("confirm", "yes"), ("reason", "违纪")]).await.expect("an answer");
        assert!(answer.location.contains("handed_in"), "{}", answer.location);
    }
    assert!(begin.elapsed() < GO_ON, "acts go on within {GO_ON:?}, not {:?}", begin.elapsed());
    let before: Vec<_> = sitting::of_session(&mut store.read().await.unwrap(), &hall.session).await.unwrap();
    a.signal("-CONT");
    // Whatever it is asked as it wakes up, and after: of those who were ended nothing is saved.
    for round in 0..40 {
        for candidate in ended {
            let answer = async { save(&mut at(candidate, &a).await?, 10 + round, 3, "B").await };
            if let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_secs(1), answer).await {
                assert!([410, 503].contains(&answer.status), "round {round}: {}", answer.status);
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    for candidate in going {
        saved(candidate, &a, 90).await;
        assert_eq!(stands(&shared, &hall.session, &candidate.sitting, 1).await, Some((90, "A".to_owned())));
    }
    for candidate in ended {
        assert_eq!(stands(&shared, &hall.session, &candidate.sitting, 3).await, None);
        assert_eq!(stands(&shared, &hall.session, &candidate.sitting, 1).await, Some((3, "A".to_owned())));
    }
    let after = sitting::of_session(&mut store.read().await.unwrap(), &hall.session).await.unwrap();
    for (row, now) in before.iter().zip(&after).filter(|(row, _)| row.phase == "closed") {
        assert_eq!(row, now, "what was closed stays as it was closed");
    }
    let acts = audit::rows(&mut store.read().await.unwrap(), &hall.session).await.unwrap();
    assert!(!acts.iter().any(|row| row.act == "session.outage"), "the exam was served all the time");
    let report = kaochang::service::verify::verify(&store, None, None).await.expect("the record is read");
    assert!(report.problems.is_empty(), "{report}");
    store.close().await;
}

/// Other keys could read nothing: such a server says so and does not start.
#[tokio::test]
async fn a_server_with_other_keys_does_not_start() {
    let shared = Shared::new().await;
    let one = Server::start(&shared, shared.folder()).await;
    let folder = Folder::new();
    for _ in 0..2 {
        let output = Command::new(env!("CARGO_BIN_EXE_kaochang"))
            .env_clear()
            .args(["serve", "--database-url", &shared.url(), "--listen", "127.0.0.1:0", "--data"])
            .arg(&folder.0)
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("vault.key") && error.contains("copy"), "{error}");
        assert!(!folder.0.join("vault.key").exists(), "no other keys are left behind");
    }
    drop(one);
}

/// Waits for all of them, side by side.
async fn all<T>(waiting: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = waiting.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (one, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = one.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
