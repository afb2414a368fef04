//! What the exam office's long work is at, in memory: the draw that runs, what became of the last ones, what trial papers
//! said of the bank, fairness sheets. All of it can be had again after a restart.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use kaochang_app::view::{BankView, DrawFailure, Progress};
use question_bank::fairness::FairnessSheet;
use tokio::sync::Semaphore;

/// The desk.
#[derive(Debug)]
pub struct Desk {
    /// Held by the one draw that runs.
    pub turn: Arc<Semaphore>,
    /// Held by the one check of a bank that runs.
    pub checks: Arc<Semaphore>,
    /// Held while a fairness sheet is made, so that two who ask for it make it once.
    pub sheets: tokio::sync::Mutex<HashMap<String, Sheet>>,
    notes: Mutex<Notes>,
}

/// A fairness sheet with the state of the session that it is of.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Papers that it is over: another number, and it is made anew.
    pub papers: usize,
    /// The sheet.
    pub sheet: Arc<FairnessSheet>,
    /// Points of a paper, in thousandths.
    pub max_milli: u32,
    /// Wall time.
    pub made_at_ms: i64,
}

#[derive(Debug, Default)]
struct Notes {
    drawing: Option<Drawing>,
    failed: HashMap<String, DrawFailure>,
    /// Draft → head of the bank's chain, and what was found; nothing while it is looked at.
    banks: HashMap<String, (String, Option<BankView>)>,
}

/// A draw that runs.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Id of the draft.
    pub draft: String,
    done: Arc<AtomicU32>,
    all: u32,
}

/// So many drafts' banks are remembered; what was forgotten is looked at again.
const BANKS_MAX: usize = 100;

impl Default for Desk {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            checks: Arc::new(Semaphore::new(1)),
            sheets: tokio::sync::Mutex::default(),
            notes: Mutex::default(),
        }
    }
}

impl Desk {
    /// A draw begins. The caller holds the turn.
    pub fn begin(&self, draft: &str, all: usize) -> Drawing {
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        let drawing = Drawing { draft: draft.to_owned(), done: Arc::default(), all };
        let mut notes = self.notes();
        notes.failed.remove(draft);
        notes.drawing = Some(drawing.clone());
        drawing
    }

    /// The draw ended: well, or not.
    pub fn end(&self, failure: Option<DrawFailure>) {
        let mut notes = self.notes();
        let Some(drawing) = notes.drawing.take() else { return };
        if let Some(failure) = failure {
            notes.failed.insert(drawing.draft, failure);
        }
    }

    /// The draw that runs.
    pub fn drawing(&self) -> Option<Drawing> {
        self.notes().drawing.clone()
    }

    /// Why the last draw of a draft failed.
    pub fn failure(&self, draft: &str) -> Option<DrawFailure> {
        self.notes().failed.get(draft).cloned()
    }

    /// What is known of the bank of a draft at this head of the bank's chain; `None` where somebody must look at it, and
    /// then the caller is the one who does.
    pub fn bank(&self, draft: &str, head: &str) -> Option<BankView> {
        let mut notes = self.notes();
        match notes.banks.get(draft) {
            Some((known, found)) if known == head => Some(found.clone().unwrap_or(BankView::Checking)),
            _ => {
                if notes.banks.len() >= BANKS_MAX {
                    notes.banks.clear();
                }
                notes.banks.insert(draft.to_owned(), (head.to_owned(), None));
                None
            }
        }
    }

    /// What was found of the bank of a draft; nothing, where it could not be looked at and must be again.
    pub fn bank_found(&self, draft: &str, head: &str, found: Option<BankView>) {
        let mut notes = self.notes();
        match found {
            Some(found) => drop(notes.banks.insert(draft.to_owned(), (head.to_owned(), Some(found)))),
            None => drop(notes.banks.remove(draft)),
        }
    }

    /// Forgets a draft that is gone.
    pub fn forget(&self, draft: &str) {
        let mut notes = self.notes();
        notes.failed.remove(draft);
        notes.banks.remove(draft);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawing {
    /// So many papers are drawn. Threads may tell out of turn; the most counts.
    pub fn advance(&self, done: usize) {
        self.done.fetch_max(u32::try_from(done).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress { done: self.done.load(Ordering::Relaxed), all: self.all }
    }
}
