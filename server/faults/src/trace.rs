//! The trace of what was written and flushed, and the disk as a power cut at any point of it could have left it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::recorder::{self, Ack};

/// What a disk writes at once or not at all.
const SECTOR: usize = 512;
const HEAD: usize = 24;
const MAGIC: u32 = 0x4b43;
/// Name of the recorder's file.
const ACKNOWLEDGED: &str = "acknowledged";

/// Everything that happened to the watched files, in order.
#[derive(Debug, Default)]
pub struct Trace {
    records: Vec<Record>,
    /// Names without their folder, by the library's number.
    names: BTreeMap<u32, String>,
}

#[derive(Debug)]
struct Record {
    file: u32,
    event: Event,
}

#[derive(Clone, Debug)]
enum Event {
    Create,
    Write { at: usize, data: Vec<u8> },
    Truncate { length: usize },
    Unlink,
    FlushBegin,
    FlushEnd,
    FolderFlush,
}

/// What becomes of writes that were not flushed when the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unflushed {
    /// None reached the disk.
    Lost,
    /// Some did, in any order.
    Some,
    /// Of each some sectors did.
    Torn,
}

/// Files on a disk with a cache that a power cut empties.
#[derive(Debug, Default)]
pub struct Disk {
    files: BTreeMap<u32, File>,
}

#[derive(Debug, Default)]
struct File {
    name: String,
    durable: Vec<u8>,
    /// Whether the folder has it: on the disk, and as programs see it.
    kept: bool,
    there: bool,
    pending: Vec<Event>,
    /// How many of the pending ones a flush that is under way covers.
    covered: Option<usize>,
}

impl Trace {
    /// Reads what the library wrote.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path)?;
        let (mut trace, mut rest) = (Self::default(), bytes.as_slice());
        while rest.len() >= HEAD {
            let word = |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().expect("four bytes"));
            let (magic, op, file, length) = (word(0), word(4), word(8), word(12) as usize);
            ensure!(magic == MAGIC, "the trace is out of step");
            let offset = usize::try_from(u64::from_ne_bytes(rest[16..24].try_into()?))?;
            // The process was killed while it wrote its last record.
            let Some(data) = rest.get(HEAD..HEAD + length) else { break };
            match op {
                1 => drop(trace.names.insert(file, base(std::str::from_utf8(data)?).to_owned())),
                2 => trace.push(file, Event::Create),
                3 => trace.push(file, Event::Write { at: offset, data: data.to_vec() }),
                4 => trace.push(file, Event::Truncate { length: offset }),
                5 => trace.push(file, Event::Unlink),
                6 => trace.push(file, Event::FlushBegin),
                7 => trace.push(file, Event::FlushEnd),
                8 => trace.push(file, Event::FolderFlush),
                other => bail!("the trace has an operation {other}"),
            }
            rest = &rest[HEAD + length..];
        }
        Ok(trace)
    }

    fn push(&mut self, file: u32, event: Event) {
        self.records.push(Record { file, event });
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Where the first acknowledgement stands.
    pub fn first_acknowledged(&self) -> anyhow::Result<usize> {
        self.records.iter().position(|record| self.is_acknowledgement(record)).context("nothing was acknowledged")
    }

    /// Acknowledgements that the recorder had before a cut.
    pub fn acknowledged(&self, cut: usize) -> anyhow::Result<Vec<Ack>> {
        let mut text = Vec::new();
        for record in self.records[..cut].iter().filter(|record| self.is_acknowledgement(record)) {
            if let Event::Write { data, .. } = &record.event {
                text.extend_from_slice(data);
            }
        }
        recorder::parse(std::str::from_utf8(&text)?)
    }

    fn is_acknowledgement(&self, record: &Record) -> bool {
        matches!(record.event, Event::Write { .. })
            && self.names.get(&record.file).is_some_and(|name| name == ACKNOWLEDGED)
    }

    /// How many flushes of the write-ahead log ended.
    pub fn flushes(&self) -> usize {
        let of_wal = |file: &u32| self.names.get(file).is_some_and(|name| name.ends_with("-wal"));
        self.records.iter().filter(|record| matches!(record.event, Event::FlushEnd) && of_wal(&record.file)).count()
    }
}

impl Disk {
    /// The disk before the first record: all of it is flushed.
    pub fn before(trace: &Trace, folder: &Path) -> anyhow::Result<Self> {
        let mut disk = Self::default();
        for (number, name) in trace.names.iter().filter(|(_, name)| *name != ACKNOWLEDGED) {
            let path = folder.join(name);
            let kept = path.exists();
            let durable = if kept { std::fs::read(path)? } else { Vec::new() };
            let file = File { name: name.clone(), durable, kept, there: kept, ..File::default() };
            disk.files.insert(*number, file);
        }
        Ok(disk)
    }

    /// Lets these records happen.
    pub fn advance(&mut self, trace: &Trace, from: usize, to: usize) {
        for record in &trace.records[from..to] {
            if matches!(record.event, Event::FolderFlush) {
                self.files.values_mut().for_each(|file| file.kept = file.there);
            } else if let Some(file) = self.files.get_mut(&record.file) {
                file.happen(&record.event);
            }
        }
    }

    /// Writes the files as a cut here could have left them.
    pub fn cut(&self, unflushed: Unflushed, chance: &mut ChaCha8Rng, folder: &Path) -> anyhow::Result<()> {
        for file in self.files.values() {
            let path = folder.join(&file.name);
            let kept = if unflushed == Unflushed::Lost || chance.random() { file.kept } else { file.there };
            if kept {
                std::fs::write(&path, file.left(unflushed, chance))?;
            } else if path.exists() {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

impl File {
    fn happen(&mut self, event: &Event) {
        match event {
            Event::Create => *self = Self { name: self.name.clone(), there: true, kept: self.kept, ..Self::default() },
            Event::Unlink => self.there = false,
            Event::FlushBegin => self.covered = Some(self.pending.len()),
            Event::FlushEnd => {
                let covered = self.covered.take().unwrap_or(0);
                for event in self.pending.drain(..covered) {
                    apply(&mut self.durable, &event);
                }
            }
            Event::FolderFlush => {}
            Event::Write { .. } | Event::Truncate { .. } => self.pending.push(event.clone()),
        }
    }

    fn left(&self, unflushed: Unflushed, chance: &mut ChaCha8Rng) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for event in &self.pending {
            match (unflushed, event) {
                (Unflushed::Lost, _) => {}
                (Unflushed::Torn, Event::Write { at, data }) => {
                    for (index, sector) in data.chunks(SECTOR).enumerate() {
                        if chance.random() {
                            put(&mut bytes, at + index * SECTOR, sector);
                        }
                    }
                }
                (_, event) => {
                    if chance.random() {
                        apply(&mut bytes, event);
                    }
                }
            }
        }
        bytes
    }
}

fn apply(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write { at, data } => put(bytes, *at, data),
        Event::Truncate { length } => bytes.resize(*length, 0),
        _ => {}
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    if bytes.len() < at + data.len() {
        bytes.resize(at + data.len(), 0);
    }
    bytes[at..at + data.len()].copy_from_slice(data);
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn write(at: usize, byte: u8) -> Event {
        Event::Write { at, data: vec![byte; 4] }
    }

    #[test]
    fn only_what_stood_before_the_begin_of_a_flush_that_ended_is_sure() {
        let mut file = File { there: true, kept: true, ..File::default() };
        for event in [write(0, 1), Event::FlushBegin, write(4, 2), Event::FlushEnd, write(8, 3)] {
            file.happen(&event);
        }
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(file.left(Unflushed::Lost, &mut chance), [1; 4]);
        let lefts: Vec<usize> = (0..50).map(|_| file.left(Unflushed::Some, &mut chance).len()).collect();
        assert!([4, 8, 12].iter().all(|length| lefts.contains(length)), "{lefts:?}");
    }

    #[test]
    fn a_write_may_be_torn_within() {
        let mut file = File { there: true, kept: true, ..File::default() };
        file.happen(&Event::Write { at: 0, data: vec![7; 4 * SECTOR] });
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let torn = (0..50).map(|_| file.left(Unflushed::Torn, &mut chance));
        assert!(torn.into_iter().any(|left| left.contains(&0) && left.contains(&7)));
    }
}
