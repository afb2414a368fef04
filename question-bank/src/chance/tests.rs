use std::collections::BTreeSet;

use super::unfold::{Fraction, unfold};
use super::*;
use crate::testing::uniform::{assert_uniform, tally};

fn secret() -> Secret {
    Secret::join(b"first officer", b"second officer")
}

fn stream(sitting: &str) -> Stream {
    Stream::of(&secret(), "select", sitting)
}

/// The keystream of the zero key is in every `ChaCha20` document (RFC 8439 A.1 gives the same block).
#[test]
fn the_stream_is_chacha20() {
    let mut stream = Stream(ChaCha20Rng::from_seed([0; 32]));
    let words = [stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32()];
    assert_eq!(words, [0xade0_b876, 0x903d_f1a0, 0xe56a_5d40, 0x28bd_8653]);
}

/// Computed by a second implementation of the rule at the head of the module, in another language. A library's update
/// that changes one of these numbers would change papers; then it is a new engine.
#[test]
fn golden_stream() {
    let mut words = stream("sitting-1");
    assert_eq!([(); 4].map(|()| words.word()), [0xb5a1_f711, 0x8f2d_94fe, 0xba1a_00c9, 0x25c8_bed9]);
    let mut numbers = stream("sitting-1");
    assert_eq!([1, 2, 3, 6, 10, 100].map(|bound| numbers.below(bound)), [0, 0, 2, 5, 6, 52]);
    assert_eq!(secret().to_hex(), "7eae67fa8f2a0cc84cf10fe59f3e317cefaaf5d1d706487b71938864fcefe090");
}

/// With a bound of three thousand million some three words in ten are thrown away.
#[test]
fn golden_rejection() {
    let (mut numbers, mut words) = (stream("sitting-1"), stream("sitting-1"));
    let drawn = [(); 8].map(|()| numbers.below(3_000_000_000));
    let golden =
        [2_402_129_150, 633_913_049, 1_015_615_496, 741_114_202, 1_702_955_031, 2_260_690_252, 962_950_369, 69_236_276];
    assert_eq!(drawn, golden);
    let kept: Vec<u32> = std::iter::repeat_with(|| words.word()).filter(|word| *word < 3_000_000_000).take(8).collect();
    assert_eq!(drawn, *kept);
}

#[test]
fn secret_purpose_and_sitting_each_make_another_stream() {
    let streams = [
        (secret(), "select", "sitting-1"),
        (Secret::join(b"second officer", b"first officer"), "select", "sitting-1"),
        (secret(), "order", "sitting-1"),
        (secret(), "select", "sitting-2"),
        (secret(), "selects", "itting-1"),
        (secret(), "", "sitting-1"),
    ];
    let words = streams.map(|(secret, purpose, sitting)| {
        let mut stream = Stream::of(&secret, purpose, sitting);
        [stream.word(), stream.word()]
    });
    assert_eq!(BTreeSet::from(words).len(), 6);
}

#[test]
fn a_secret_is_read_back_and_not_shown() {
    let hex = secret().to_hex();
    assert_eq!(Secret::from_hex(&hex), Ok(secret()));
    assert_eq!(format!("{:?}", secret()), "Secret(..)");
    assert_eq!(Secret::from_hex(&hex[1..]), Err(HexError::Length(63)));
    assert_ne!(Secret::join(b"ab", b"c"), Secret::join(b"a", b"bc"));
}

#[test]
fn below_is_uniform_and_stays_below() {
    let mut stream = stream("below");
    for bound in [2, 3, 7, 20] {
        let counts = tally((0..20_000).map(|_| stream.below(bound)));
        assert_uniform(&counts, bound as usize, &format!("below {bound}"));
    }
    for bound in [1, 1 << 31, u32::MAX] {
        assert!((0..100).all(|_| stream.below(bound) < bound), "bound {bound}");
    }
    // Modulo without rejection, the lower third of this bound would come up twice as often as the rest.
    let bound = 3 << 30;
    let thirds = tally((0..30_000).map(|_| stream.below(bound) >> 30));
    assert_uniform(&thirds, 3, "thirds of a large bound");
}

/// Not by drawing: by every path that the decisions may take.
#[test]
fn every_order_and_every_set_have_the_same_exact_chance() {
    let share = |outcomes: u32| Fraction::new(1_u32.into(), outcomes.into());
    let orders = unfold(|stream| {
        let mut list = [1, 2, 3, 4, 5];
        stream.shuffle(&mut list);
        list
    });
    assert_eq!(orders.len(), 120);
    assert!(orders.values().all(|chance| *chance == share(120)));
    for (bound, count, sets) in [(6, 3, 20), (6, 0, 1), (6, 6, 1), (5, 4, 5), (1, 1, 1)] {
        let chosen = unfold(|stream| {
            let mut chosen = vec![7];
            stream.choose(bound, count, &mut chosen);
            chosen.sort_unstable();
            chosen
        });
        assert_eq!(chosen.len(), sets);
        assert!(chosen.iter().all(|(set, chance)| {
            *chance == share(u32::try_from(sets).expect("few")) && set.len() == count as usize
        }));
        assert!(chosen.keys().flatten().all(|one| *one < bound));
        assert!(chosen.keys().all(|set| set.windows(2).all(|pair| pair[0] < pair[1])), "{count} different ones");
    }
}

/// The same by drawing, so that nothing depends on how chance is unfolded.
#[test]
fn orders_and_sets_come_up_equally_often() {
    let mut stream = stream("orders");
    let orders = tally((0..20_000).map(|_| {
        let mut list = [1, 2, 3, 4];
        stream.shuffle(&mut list);
        list
    }));
    assert_uniform(&orders, 24, "orders of four");
    let sets = tally((0..40_000).map(|_| {
        let mut chosen = Vec::new();
        stream.choose(8, 3, &mut chosen);
        chosen.sort_unstable();
        chosen
    }));
    assert_uniform(&sets, 56, "three of eight");
}
