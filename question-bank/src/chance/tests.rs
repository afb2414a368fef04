use super::*;

fn stream() -> Stream {
    Stream::of(&Secret::join(b"first officer", b"second officer"), "select", "sitting-1")
}

/// The keystream of the zero key is in every `ChaCha20` document (RFC 8439 A.1 gives the same block).
#[test]
fn the_stream_is_chacha20() {
    let mut stream = Stream(ChaCha20Rng::from_seed([0; 32]));
    let words = [stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32()];
    assert_eq!(words, [0xade0_b876, 0x903d_f1a0, 0xe56a_5d40, 0x28bd_8653]);
}
