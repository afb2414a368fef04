use std::fs;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::blueprint::{Earlier, Forms};
use crate::checker::{self, Bank};
use crate::paper::SnapshotEntry;
use crate::question::{Kind, Revision, Tags};
use crate::roster::Seated;
use crate::synthetic;
use crate::testing::assert_golden;

const CONTRIBUTIONS: [&[u8]; 2] = [b"first officer", b"second officer"];
const FUNCTIONS: [(&str, u32); 3] = [("ethics", 5), ("operations", 10), ("security", 5)];
const GOLDEN: &str = "tests/golden/session.json";

fn secret() -> Secret {
    Secret::join(CONTRIBUTIONS[0], CONTRIBUTIONS[1])
}

fn seated(number: u8) -> Seated {
    Seated {
        sitting: format!("sitting-{number:02}"),
        candidate: Digest::from_bytes([number; 32]),
        place: Place::of_seat(1, number.into(), 4),
    }
}

/// Twelve candidates in one room and two reserves, 200 questions, papers of 20 with bands, mean, limits and enemies. The
/// fifth candidate sat before.
fn inputs() -> Inputs {
    let snapshot = synthetic::bank(200, 12, &FUNCTIONS, 3);
    let mut blueprint = synthetic::blueprint(&snapshot, &FUNCTIONS, 1, 3);
    blueprint.difficulty.as_mut().and_then(|one| one.mean.as_mut()).expect("aimed").tolerance_permille = 15;
    let id = |place: usize| snapshot.entries[place].question.clone();
    blueprint.enemies.extend([vec![id(3), id(50), id(120)], vec![id(50), id(51)]]);
    blueprint.earlier = vec![Earlier { paper: "spring".to_owned(), overlap_max: 2 }];
    let earlier = EarlierPapers {
        named: [("spring".to_owned(), (0..40).map(id).collect())].into(),
        seen: [("sitting-05".to_owned(), (60..100).map(id).collect())].into(),
    };
    let reserves = ["reserve-1", "reserve-2"].map(str::to_owned).to_vec();
    let roster = Roster { seated: (1..=12).map(seated).collect(), reserves };
    Inputs { engine: ENGINE.to_owned(), blueprint, snapshot, roster, earlier }
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("at least one")
}

fn draw(inputs: &Inputs) -> Vec<Drawn> {
    let papers = inputs.draw(&secret(), threads(1), &|_| ()).unwrap_or_else(|refusal| panic!("{refusal}"));
    papers.iter().collect()
}

/// The second reserve came late and got the thirteenth seat.
fn evidence() -> Evidence {
    let inputs = inputs();
    let mut papers = draw(&inputs);
    let seat = seated(13);
    let late = Late { sitting: "reserve-2".to_owned(), candidate: seat.candidate, place: seat.place };
    papers[13] = inputs.late(&secret(), &papers, &[], &late).unwrap_or_else(|refusal| panic!("{refusal}"));
    Evidence {
        commitment: inputs.commitment(&secret()),
        digests: inputs.digests(),
        contributions: CONTRIBUTIONS.map(digest::to_hex),
        inputs,
        late: vec![late],
        papers,
    }
}

fn golden_text() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN)).expect("the file is there")
}

fn golden() -> Evidence {
    serde_json::from_str(&golden_text()).expect("a session as it was written")
}

#[test]
fn the_golden_session_is_drawn_again_byte_for_byte() {
    let found = serde_json::to_string_pretty(&evidence()).expect("plain data");
    assert_golden(GOLDEN, &(found + "\n"));
}

#[test]
fn the_golden_session_is_confirmed() {
    let evidence = golden();
    let verified = verify(&evidence, threads(2)).unwrap_or_else(|mismatches| panic!("{mismatches:?}"));
    let wanted = Verified { commitment: evidence.commitment, seated: 12, reserves: 2, late: 1, questions: 200 };
    assert_eq!(verified, wanted);
    assert!(verified.to_string().starts_with("12 papers and 2 reserves (1 used) were drawn again"));
}

/// A revision as far as an entry tells.
fn revision(entry: &SnapshotEntry) -> Revision {
    Revision {
        question: entry.question.clone(),
        revision: entry.revision,
        kind: entry.kind,
        tags: Tags {
            standard: entry.standard.clone(),
            level: entry.level.clone(),
            function: entry.function.clone(),
            work_content: entry.work_content.clone(),
            knowledge: entry.knowledge.clone(),
        },
        stem: "?".to_owned(),
        options: if entry.option_count == 2 { Vec::new() } else { vec!["?".to_owned(); entry.option_count.into()] },
        order: entry.order,
        difficulty_permille: entry.difficulty_permille.expect("rated"),
        difficulty_at: BTreeMap::new(),
    }
}

#[test]
fn the_checker_accepts_every_paper_of_the_golden_session_and_neighbours_are_apart() {
    let Evidence { inputs, papers, late, .. } = golden();
    let revisions: Vec<Revision> = inputs.snapshot.entries.iter().map(revision).collect();
    let bank = Bank::of(&revisions);
    for Drawn { sitting, paper, clashes } in &papers {
        let verdict = checker::check(paper, &inputs.blueprint, &inputs.earlier, Some(sitting), &bank);
        assert_eq!((verdict.map(|one| one.questions), clashes.len()), (Ok(20), 0), "{sitting}");
    }
    let mut places: Vec<(Place, &Paper)> =
        inputs.roster.seated.iter().zip(&papers).map(|(seated, drawn)| (seated.place, &drawn.paper)).collect();
    places.push((late[0].place, &papers[13].paper));
    for (place, paper) in &places {
        for (_, other) in places.iter().filter(|(other, _)| other.is_beside(place)) {
            let same = paper.items.iter().zip(&other.items).filter(|(left, right)| left.question == right.question);
            assert_eq!(same.count(), 0);
        }
    }
    let seen = &inputs.earlier.seen["sitting-05"];
    assert!(
        papers[4].sitting == "sitting-05" && !papers[4].paper.items.iter().any(|item| seen.contains(&item.question))
    );
}

/// The sentences about what does not fit, after a change.
fn refused(change: impl FnOnce(&mut Evidence)) -> Vec<Mismatch> {
    let mut evidence = golden();
    change(&mut evidence);
    verify(&evidence, threads(1)).expect_err("the change was not noticed")
}

/// The only input that does not fit.
fn refused_input(change: impl FnOnce(&mut Inputs)) -> &'static str {
    match &refused(|evidence| change(&mut evidence.inputs))[..] {
        [Mismatch::Input { part, committed, found }] if committed != found => part,
        others => panic!("{others:?}"),
    }
}

#[test]
fn a_changed_input_is_named() {
    let entry = |change: fn(&mut SnapshotEntry)| refused_input(|inputs| change(&mut inputs.snapshot.entries[77]));
    let entries = [
        entry(|entry| entry.question.push('x')),
        entry(|entry| entry.revision += 1),
        entry(|entry| entry.kind = if entry.kind == Kind::ALL[0] { Kind::ALL[1] } else { Kind::ALL[0] }),
        entry(|entry| entry.function.push('x')),
        entry(|entry| entry.work_content.push('x')),
        entry(|entry| entry.knowledge.push('x')),
        entry(|entry| entry.difficulty_permille = entry.difficulty_permille.map(|one| one + 1)),
        entry(|entry| entry.difficulty_permille = None),
        entry(|entry| entry.option_count += 1),
        entry(|entry| entry.digest = Digest::from_bytes([0; 32])),
        refused_input(|inputs| inputs.snapshot.entries.swap(1, 2)),
        refused_input(|inputs| drop(inputs.snapshot.entries.pop())),
    ];
    assert_eq!(entries, ["bank"; 12]);
    let blueprints = [
        refused_input(|inputs| inputs.blueprint.kinds[0].points_milli += 1),
        refused_input(|inputs| inputs.blueprint.enemies[0].reverse()),
        refused_input(|inputs| inputs.blueprint.difficulty.as_mut().expect("aimed").bands[0].max += 1),
        refused_input(|inputs| inputs.blueprint.earlier[0].overlap_max += 1),
        refused_input(|inputs| inputs.blueprint.limits[0].min = 0),
    ];
    assert_eq!(blueprints, ["blueprint"; 5]);
    let rosters = [
        refused_input(|inputs| inputs.roster.seated[3].place.column += 1),
        refused_input(|inputs| inputs.roster.seated[3].sitting.push('x')),
        refused_input(|inputs| inputs.roster.seated[3].candidate = Digest::from_bytes([0; 32])),
        refused_input(|inputs| inputs.roster.seated.swap(3, 4)),
        refused_input(|inputs| inputs.roster.reserves[0].push('x')),
    ];
    assert_eq!(rosters, ["roster"; 5]);
    let earlier = [
        refused_input(|inputs| drop(inputs.earlier.seen.remove("sitting-05"))),
        refused_input(|inputs| inputs.earlier.named.get_mut("spring").expect("named")[0].push('x')),
    ];
    assert_eq!(earlier, ["list of earlier papers"; 2]);
    assert_eq!(refused_input(|inputs| inputs.engine.push('x')), "engine");
}

#[test]
fn a_changed_secret_commitment_or_digest_is_named() {
    let commitment = |mismatches: Vec<Mismatch>| matches!(mismatches[..], [Mismatch::Commitment { .. }]);
    assert!(commitment(refused(|evidence| evidence.contributions[0].replace_range(0..1, "7"))));
    assert!(commitment(refused(|evidence| evidence.contributions.swap(0, 1))));
    assert!(commitment(refused(|evidence| evidence.commitment = Digest::from_bytes([0; 32]))));
    // Whoever changes an input and its digest too is found out by the commitment.
    assert!(commitment(refused(|evidence| {
        evidence.inputs.roster.seated[3].place.column += 9;
        evidence.digests.roster = evidence.inputs.roster.digest();
    })));
    assert_eq!(refused(|evidence| evidence.contributions[1].push('g')), [Mismatch::Contribution(2)]);
}

#[test]
fn a_changed_paper_is_named() {
    let sitting = |change: fn(&mut Paper)| match &refused(|evidence| change(&mut evidence.papers[6].paper))[..] {
        [Mismatch::Paper { sitting, wanted, found }] if wanted != found => sitting.clone(),
        others => panic!("{others:?}"),
    };
    let shuffled = |paper: &mut Paper| {
        paper.items.iter_mut().find(|item| item.options.len() > 2).expect("some choice").options.swap(0, 1);
    };
    let changes = [
        sitting(|paper| paper.items.swap(8, 9)),
        sitting(shuffled),
        sitting(|paper| paper.items[3].points_milli += 1),
        sitting(|paper| paper.items[3].revision += 1),
        sitting(|paper| drop(paper.items.pop())),
    ];
    assert_eq!(changes, ["sitting-07"; 5].map(str::to_owned));
    let clash = refused(|evidence| evidence.papers[2].clashes.push(1));
    assert!(matches!(&clash[..], [Mismatch::Paper { sitting, .. }] if sitting == "sitting-03"));
    for change in [
        (|papers| drop(papers.pop())) as fn(&mut Vec<Drawn>),
        |papers| papers.swap(0, 1),
        |papers| papers[0].sitting.push('x'),
        |papers| papers.push(papers[0].clone()),
    ] {
        let mismatches = refused(|evidence| change(&mut evidence.papers));
        assert!(matches!(mismatches[..], [Mismatch::Papers { wanted: 14, .. }]), "{mismatches:?}");
    }
    let strange = refused(|evidence| evidence.late[0].sitting = "sitting-01".to_owned());
    assert!(matches!(strange[..], [Mismatch::Refused(Refusal::Roster(_))]), "{strange:?}");
}

/// Any letter or digit of the file changed for another of its sort: it is no session any more, or it is refused. Only what
/// is noted of the late candidate is not bound: it came after the draw.
#[test]
fn no_byte_of_the_file_can_be_changed() {
    let (mut tried, mut refused) = (0, 0);
    let golden = golden_text();
    let late = golden.find("\n  \"late\"").expect("a field")..golden.find("\n  \"papers\"").expect("a field");
    let letters = (0..golden.len()).filter(|place| golden.as_bytes()[*place].is_ascii_alphanumeric());
    for place in letters.filter(|place| !late.contains(place)).step_by(509) {
        let mut text = golden.clone().into_bytes();
        text[place] = match text[place] {
            b'0' | b'a' | b'A' => text[place] + 1,
            _ => text[place] - 1,
        };
        tried += 1;
        let text = String::from_utf8(text).expect("plain letters");
        if let Ok(evidence) = serde_json::from_str::<Evidence>(&text) {
            assert!(verify(&evidence, threads(1)).is_err(), "the byte {place} was changed, and nobody noticed");
            refused += 1;
        }
    }
    assert!(tried > 100 && refused > 30, "{tried} {refused}");
}

#[test]
fn the_commitment_binds_every_input() {
    let secret_of = |other: bool| if other { Secret::join(b"a", b"b") } else { secret() };
    let changes: [fn(&mut Inputs); 6] = [
        |_| {},
        |inputs| inputs.engine.push('x'),
        |inputs| inputs.blueprint.level.push('x'),
        |inputs| inputs.snapshot.entries[0].revision += 1,
        |inputs| inputs.roster.reserves.reverse(),
        |inputs| inputs.earlier.seen.clear(),
    ];
    let mut commitments = BTreeSet::from([inputs().commitment(&secret_of(true))]);
    for change in changes {
        let mut inputs = inputs();
        change(&mut inputs);
        commitments.insert(inputs.commitment(&secret_of(false)));
    }
    assert_eq!(commitments.len(), 7);
}

fn questions(drawn: &Drawn) -> (String, BTreeSet<String>) {
    (drawn.sitting.clone(), drawn.paper.items.iter().map(|item| item.question.clone()).collect())
}

/// What stands on a paper depends on its own sitting and on nobody else's.
#[test]
fn who_else_sits_changes_no_selection() {
    let inputs = inputs();
    let all: BTreeMap<_, _> = draw(&inputs).iter().map(questions).collect();
    let changes: [fn(&mut Roster); 5] = [
        |roster| drop(roster.seated.drain(3..9)),
        |roster| roster.seated.reverse(),
        |roster| roster.reserves.clear(),
        |roster| roster.seated.extend((20..25).map(seated)),
        |roster| roster.seated.iter_mut().for_each(|seated| seated.place.room += 1),
    ];
    for change in changes {
        let mut other = inputs.clone();
        change(&mut other.roster);
        for (sitting, questions) in draw(&other).iter().map(questions) {
            assert!(all.get(&sitting).is_none_or(|before| *before == questions), "{sitting}");
        }
    }
    // Nor does the re-sitter's list, but for the re-sitter.
    let mut other = inputs.clone();
    other.earlier.seen.clear();
    let others: BTreeMap<_, _> = draw(&other).iter().map(questions).collect();
    let different: Vec<_> = all.iter().filter(|(sitting, questions)| others[*sitting] != **questions).collect();
    assert!(different.len() == 1 && different[0].0 == "sitting-05", "{different:?}");
}

/// The order in a room depends on the room alone.
#[test]
fn another_room_changes_no_byte_of_a_paper() {
    let mut two = inputs();
    let before = draw(&two);
    two.roster.seated.extend((1..=6).map(|number| {
        let seated = seated(number);
        Seated { sitting: format!("other-{number}"), place: Place { room: 2, ..seated.place }, ..seated }
    }));
    let after = draw(&two);
    assert_eq!(before[..12], after[..12]);
    assert_eq!(before[12..], after[18..]);
}

#[test]
fn threads_change_nothing_and_progress_is_told() {
    let inputs = inputs();
    let told = Mutex::new(Vec::new());
    let progress = |done| told.lock().expect("no thread panicked").push(done);
    let four = inputs.draw(&secret(), threads(4), &progress).expect("the bank suffices");
    assert_eq!(four.iter().collect::<Vec<_>>(), draw(&inputs));
    let mut told = told.into_inner().expect("no thread panicked");
    told.sort_unstable();
    assert!(told.into_iter().eq(1..=14));
}

#[test]
fn a_roster_that_cant_be_drawn_for_is_refused() {
    let refusal = |change: fn(&mut Inputs)| {
        let mut inputs = inputs();
        change(&mut inputs);
        inputs.draw(&secret(), threads(2), &|_| ()).expect_err("it can't be drawn for")
    };
    let twice = RosterFault::DuplicateSitting("sitting-02".to_owned());
    let place = RosterFault::SamePlace("sitting-04".to_owned(), Place::of_seat(1, 3, 4));
    let both = refusal(|inputs| {
        inputs.roster.reserves[1] = "sitting-02".to_owned();
        inputs.roster.seated[3].place = inputs.roster.seated[2].place;
    });
    assert_eq!(both, Refusal::Roster(vec![twice, place]));
    let engine = refusal(|inputs| inputs.engine = "kaochang-drawer/1".to_owned());
    assert_eq!(engine, Refusal::Engine { found: "kaochang-drawer/1".to_owned() });
    let seen = refusal(|inputs| {
        let all = inputs.snapshot.entries.iter().map(|entry| entry.question.clone()).collect();
        inputs.earlier.seen.insert("sitting-08".to_owned(), all);
    });
    assert!(matches!(seen, Refusal::Resitter { sitting, .. } if sitting == "sitting-08"));
}

/// A reserve keeps what was drawn for it, gets an order apart from its neighbours, and is used once.
#[test]
fn a_late_candidate_gets_what_was_drawn_before() {
    let inputs = inputs();
    let papers = draw(&inputs);
    let late = |sitting: &str, seat| Late {
        sitting: sitting.to_owned(),
        candidate: Digest::from_bytes([9; 32]),
        place: Place::of_seat(1, seat, 4),
    };
    for seat in 13..=40 {
        let drawn = inputs.late(&secret(), &papers, &[], &late("reserve-1", seat)).expect("a free seat");
        assert_eq!(questions(&drawn), questions(&papers[12]));
    }
    let before = [late("reserve-1", 13)];
    assert!(inputs.late(&secret(), &papers, &before, &late("reserve-2", 14)).is_ok());
    for (before, again) in [
        (&before[..], late("reserve-1", 14)),
        (&before[..], late("reserve-2", 13)),
        (&[], late("reserve-2", 12)),
        (&[], late("sitting-01", 14)),
        (&[], late("nobody", 14)),
    ] {
        let refusal = inputs.late(&secret(), &papers, before, &again).expect_err("it can't be given");
        assert!(matches!(refusal, Refusal::Roster(_)), "{refusal}");
    }
}

/// With one fixed form for a whole room every question is shared with every neighbour: what still stands in the same place
/// is told with the paper that came later, and only in the blocks of four, which are too short for eight neighbours.
#[test]
fn one_form_for_all_is_in_another_order_for_each_neighbour() {
    let mut inputs = inputs();
    inputs.blueprint.forms = Some(Forms { count: 1, overlap_max: 0 });
    inputs.earlier.seen.clear();
    let seats = (1..=30).map(|number| Seated { place: Place::of_seat(1, number.into(), 6), ..seated(number) });
    inputs.roster.seated = seats.collect();
    let papers = draw(&inputs);
    assert_eq!(papers.iter().map(|drawn| questions(drawn).1).collect::<BTreeSet<_>>().len(), 1);
    let mut orders = BTreeSet::new();
    for (number, Drawn { paper, clashes, .. }) in papers[..30].iter().enumerate() {
        let place = inputs.roster.seated[number].place;
        let before = (0..number).filter(|before| inputs.roster.seated[*before].place.is_beside(&place));
        let shared = before.flat_map(|before| {
            let pairs = paper.items.iter().zip(&papers[before].paper.items);
            pairs.filter(|(left, right)| left.question == right.question).map(|(item, _)| item.position)
        });
        assert_eq!(shared.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), *clashes);
        assert!(clashes.iter().all(|position| !(5..=16).contains(position)), "the block of twelve is long enough");
        orders.insert(paper.digest());
    }
    assert_eq!(orders.len(), 30);
    // A late candidate sits beside three of them, and gets another order than they.
    let late = Late {
        sitting: "reserve-1".to_owned(),
        candidate: Digest::from_bytes([31; 32]),
        place: Place::of_seat(1, 32, 6),
    };
    let Drawn { paper, clashes, .. } = inputs.late(&secret(), &papers, &[], &late).expect("a free seat");
    for beside in &papers[24..27] {
        let pairs = paper.items.iter().zip(&beside.paper.items);
        let shared = pairs.filter(|(left, right)| left.question == right.question).map(|(item, _)| item.position);
        assert!(shared.into_iter().all(|position| clashes.contains(&position)));
    }
    assert_eq!(clashes, [0; 0], "three neighbours leave a place to everybody");
}
