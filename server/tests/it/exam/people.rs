//! Who acts: a candidate at a machine, a proctor at the console.

use axum::http::StatusCode;
use kaochang::service::plan::Entry;
use kaochang_app::wire::{ChangeWire, RoomWire, SaveRefusal, SaveRefusalCode, SaveReply, SaveRequest};

use super::{
    Setup,
    browser::{Answer, Browser},
    password,
};

/// A candidate with the page's memory: which login this is, and how many changes were made.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Their machine.
    pub browser: Browser,
    /// Their row of the roster.
    pub entry: Entry,
    /// Id of the sitting.
    pub sitting: String,
    /// Of the newest login at this machine.
    pub epoch: i64,
    /// Of the newest change made here.
    pub seq: i64,
}

impl Candidate {
    /// At a machine, not logged in.
    pub fn new(browser: Browser, entry: Entry, sitting: String) -> Self {
        Self { browser, entry, sitting, epoch: 0, seq: 0 }
    }

    /// Tries to log in with other words than one's own.
    pub async fn try_log_in(&mut self, admission_no: &str, id_number: &str) -> Answer {
        self.browser.post("/login", &[("admission_no", admission_no), ("id_number", id_number)]).await
    }

    /// Logs in with one's own; whatever comes of it.
    pub async fn knock(&mut self) -> Answer {
        let Entry { admission_no, id_number, .. } = self.entry.clone();
        self.try_log_in(&admission_no, &id_number).await
    }

    /// Logs in; the page that is the candidate's now is shown.
    pub async fn log_in(&mut self) -> Answer {
        let answer = self.knock().await;
        assert_eq!(answer.code(), "", "the login was refused");
        self.epoch += 1;
        self.browser.get(answer.to()).await
    }

    /// Confirms who they are and accepts the rules.
    pub async fn accept(&mut self) {
        assert_eq!(self.browser.post("/confirm", &[("answer", "right")]).await.to(), "/rules");
        let answer = self.browser.post("/rules", &[("accept", "yes")]).await;
        assert!(["/waiting", "/exam"].contains(&answer.to()), "{answer:?}");
    }

    /// Sends changes as the page does; whatever comes of it.
    pub async fn send(&mut self, changes: Vec<ChangeWire>) -> Answer {
        let request = SaveRequest { epoch: self.epoch, changes, left_page: 0 };
        self.browser.post_json("/exam/changes", serde_json::to_string(&request).expect("plain data")).await
    }

    /// The next change, as the page would make it.
    pub fn change(&mut self, position: u32, letters: &str) -> ChangeWire {
        self.seq += 1;
        ChangeWire { seq: self.seq, position, response: letters.to_owned(), flagged: false }
    }

    /// Answers a question; it is saved.
    pub async fn answer(&mut self, position: u32, letters: &str) -> SaveReply {
        let change = self.change(position, letters);
        let seq = change.seq;
        let reply: SaveReply = saved(&self.send(vec![change]).await);
        assert_eq!(reply.acked_seq, seq);
        reply
    }

    /// Tries to answer; why it is refused.
    pub async fn refused(&mut self, position: u32, letters: &str) -> SaveRefusalCode {
        let change = self.change(position, letters);
        refusal(&self.send(vec![change]).await)
    }

    /// Time left, by the server's word.
    pub async fn remaining_ms(&mut self) -> i64 {
        saved(&self.send(Vec::new()).await).remaining_ms
    }

    /// Answers by the form of the page; where it leads.
    pub async fn answer_by_form(&mut self, position: u32, letters: &str) -> Answer {
        let page = self.browser.get(&format!("/exam?q={position}")).await;
        self.form(&page, letters).await
    }

    /// Sends the form of a page that was opened before.
    pub async fn form(&mut self, page: &Answer, letters: &str) -> Answer {
        let [epoch, position, revision] = ["epoch", "position", "revision"].map(|name| page.field(name));
        let letters: Vec<String> = letters.chars().map(String::from).collect();
        let mut fields =
            vec![("epoch", epoch.as_str()), ("position", &position), ("revision", &revision), ("go", "stay")];
        fields.extend(letters.iter().map(|letter| ("choice", letter.as_str())));
        self.browser.post("/exam/answer", &fields).await
    }

    /// Hands in, with the box ticked.
    pub async fn hand_in(&mut self) -> Answer {
        let epoch = self.epoch.to_string();
        self.browser.post("/exam/hand-in", &[("epoch", &epoch), ("confirm", "yes")]).await
    }
}

/// The reply to changes that were saved.
pub fn saved(answer: &Answer) -> SaveReply {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// Why changes were refused; status and code say the same.
pub fn refusal(answer: &Answer) -> SaveRefusalCode {
    let refusal: SaveRefusal = answer.json();
    let status = match refusal.code {
        SaveRefusalCode::SignedOut => 401,
        SaveRefusalCode::Epoch => 409,
        SaveRefusalCode::Closed => 410,
        SaveRefusalCode::Invalid => 422,
        SaveRefusalCode::Busy => 503,
    };
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert!(!refusal.message.is_empty());
    refusal.code
}

/// A proctor at a room's console.
#[derive(Clone, Debug)]
pub struct Proctor {
    /// Their browser.
    pub browser: Browser,
    /// Id of the room.
    pub room: String,
}

impl Proctor {
    /// Signs in.
    pub async fn sign_in(mut browser: Browser, login: &str, room: &str) -> Self {
        let answer = browser.post("/staff/login", &[("account", login), ("password", &password(login))]).await;
        assert_eq!(answer.to(), "/staff");
        Self { browser, room: room.to_owned() }
    }

    /// Somebody checks in at this console, with their own password.
    pub async fn check_in(&mut self, login: &str) -> Answer {
        self.act("check-in", &[("account", login), ("password", &password(login))]).await
    }

    /// An act on the room.
    pub async fn act(&mut self, act: &str, fields: &[(&str, &str)]) -> Answer {
        self.browser.post(&format!("/rooms/{}/{act}", self.room), fields).await
    }

    /// An act on one candidate.
    pub async fn on(&mut self, candidate: &Candidate, act: &str, fields: &[(&str, &str)]) -> Answer {
        self.browser.post(&format!("/rooms/{}/sittings/{}/{act}", self.room, candidate.sitting), fields).await
    }

    /// Gives a candidate time.
    pub async fn extend(&mut self, candidate: &Candidate, minutes: u32) -> Answer {
        self.on(candidate, "extend", &[("minutes", &minutes.to_string()), ("reason", "鼠标故障")]).await
    }

    /// What moves on the console.
    pub async fn live(&mut self) -> RoomWire {
        self.browser.get(&format!("/rooms/{}/live", self.room)).await.json()
    }
}

/// An officer at the pages of the exam office.
#[derive(Clone, Debug)]
pub struct Office {
    /// Their browser.
    pub browser: Browser,
}

impl Office {
    /// Signs in.
    pub async fn sign_in(browser: Browser, login: &str) -> Self {
        Self { browser: Proctor::sign_in(browser, login, "").await.browser }
    }

    /// Types plan and roster; whatever comes of it.
    pub async fn prepare(&mut self, plan: &str, roster: &str) -> Answer {
        self.browser.post("/drafts/new", &[("plan", plan), ("roster", roster)]).await
    }

    /// Makes a draft; its id.
    pub async fn draft(&mut self, setup: &Setup) -> String {
        let answer = self.prepare(&setup.plan_text(), &setup.roster_text()).await;
        assert_eq!(answer.code(), "draft_created");
        answer.to().strip_prefix("/drafts/").expect("it leads to the draft").to_owned()
    }

    /// Types a contribution.
    pub async fn contribute(&mut self, draft: &str, text: &str) -> Answer {
        self.act(draft, "contribute", &[("by", "own"), ("contribution", text)]).await
    }

    /// An act on a draft.
    pub async fn act(&mut self, draft: &str, act: &str, fields: &[(&str, &str)]) -> Answer {
        self.browser.post(&format!("/drafts/{draft}/{act}"), fields).await
    }

    /// The draft's page once nothing goes on by itself any more.
    pub async fn settled(&mut self, draft: &str) -> String {
        for _ in 0..1_500 {
            let page = self.browser.get(&format!("/drafts/{draft}")).await;
            assert_eq!(page.status, StatusCode::OK);
            if !page.body.contains("http-equiv=\"refresh\"") && !page.body.contains("正在试抽试卷") {
                return page.body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("draft {draft} goes on and on");
    }

    /// Types a candidate who comes late.
    pub async fn add(&mut self, session: &str, admission_no: &str, room: u32, seat: u32) -> Answer {
        let (room, seat) = (room.to_string(), seat.to_string());
        let id_number = format!("990000199001{admission_no}");
        let fields = [
            ("admission_no", admission_no),
            ("name", "迟到"),
            ("id_number", &id_number),
            ("room", &room),
            ("seat", &seat),
        ];
        self.browser.post(&format!("/sessions/{session}/late"), &fields).await
    }
}
