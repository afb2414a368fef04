//! What must be undone however this program ends: normally, by an error, by Ctrl-C or by SIGTERM.

use std::process::{self, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

type Undo = Box<dyn FnOnce() + Send>;

/// The steps to undo, oldest first, each under its number.
static UNDO: Mutex<Vec<(u64, Undo)>> = Mutex::new(Vec::new());
static CHILDREN: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// The exit code of a program ended by SIGINT, by the shells' convention.
const INTERRUPTED: i32 = 130;

/// Runs its closure exactly once: when dropped, or when the program is interrupted before that.
#[derive(Debug)]
#[must_use = "dropping it undoes the step at once"]
pub struct Cleanup {
    number: u64,
}

impl Cleanup {
    pub fn new(undo: impl FnOnce() + Send + 'static) -> Self {
        let mut steps = lock(&UNDO);
        let number = steps.last().map_or(0, |(last, _)| last + 1);
        steps.push((number, Box::new(undo)));
        Self { number }
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let mut steps = lock(&UNDO);
        if let Some(position) = steps.iter().position(|(number, _)| *number == self.number) {
            let (_, undo) = steps.remove(position);
            undo();
        }
    }
}

/// A child to be ended too, should this program be: it leads a process group, and the whole group is ended.
pub fn child_started(id: u32) {
    lock(&CHILDREN).push(id);
}

pub fn child_ended(id: u32) {
    lock(&CHILDREN).retain(|child| *child != id);
}

/// To be called once, before the first child and the first `Cleanup`.
pub fn install_handler() {
    let installed = ctrlc::set_handler(|| {
        for child in lock(&CHILDREN).drain(..) {
            let group = format!("-{child}");
            drop(Command::new("kill").args(["-TERM", "--", &group]).status());
        }
        // The lock is held to the end: whoever drops a `Cleanup` meanwhile waits for it to be done.
        let mut steps = lock(&UNDO);
        while let Some((_, undo)) = steps.pop() {
            undo();
        }
        process::exit(INTERRUPTED);
    });
    if let Err(error) = installed {
        eprintln!("warning: an interrupt will leave temporary things behind: {error}");
    }
}

/// A panic while one of these locks was held changes nothing about what is still to be undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
