//! A unique encoding of each ECDSA signature (low S).
//!
//! If (r, s) is a valid signature, (r, n - s) is a valid signature of the same message, and anybody can compute it. The
//! same session would then have two valid texts. So only the signature with the lower s is created and accepted (as in
//! BIP 146). Signatures are public, so nothing here needs constant time.

/// The order n of the curve P-256 (SEC 2, 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
/// n / 2, rounded down: the largest s that is accepted.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Whether s is the lower one. The signature is r and s, 32 bytes each, big-endian (RFC 7518, 3.4).
pub(super) fn is_low(signature: &[u8]) -> bool {
    signature.len() == 64 && signature[32..] <= HALF_ORDER[..]
}

/// Replaces s by n - s, if that is lower.
pub(super) fn lower(signature: &mut [u8]) {
    if signature.len() != 64 || is_low(signature) {
        return;
    }
    let mut borrow = false;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let (difference, first) = order.overflowing_sub(*byte);
        let (difference, second) = difference.overflowing_sub(u8::from(borrow));
        *byte = difference;
        borrow = first || second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_s(s: [u8; 32]) -> [u8; 64] {
        let mut signature = [7; 64];
        signature[32..].copy_from_slice(&s);
        signature
    }

    #[test]
    fn s_is_low_up_to_half_of_the_curve_order() {
        let mut above = HALF_ORDER;
        above[31] += 1;
        assert!(is_low(&with_s(HALF_ORDER)) && !is_low(&with_s(above)));
        // n is odd, so n - (n / 2 + 1) is n / 2.
        let mut signature = with_s(above);
        lower(&mut signature);
        assert_eq!(signature, with_s(HALF_ORDER));
        lower(&mut signature);
        assert_eq!(signature, with_s(HALF_ORDER), "a low s stays as it is");

        let mut one = [0; 32];
        one[31] = 1;
        let mut largest = ORDER;
        largest[31] -= 1;
        let mut signature = with_s(largest);
        lower(&mut signature);
        assert_eq!(signature, with_s(one));
    }

    #[test]
    fn a_signature_of_another_length_is_not_low_s() {
        for length in [0, 32, 63, 65, 96] {
            assert!(!is_low(&vec![0; length]), "{length}");
        }
    }
}
