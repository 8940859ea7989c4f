//! Recordings that are made up: a tone of so many seconds.

use bytes::{BufMut, Bytes, BytesMut};

/// Samples of a second, as in a telephone call.
const RATE: u32 = 8_000;
/// The longest that is made, in seconds: a recording of a day would only be large.
const LONGEST: u32 = 600;

/// A WAV file of one channel and 16 bits, that lasts at least a second: a tone that swells and fades once a second, so that a
/// drawing of it shows something.
pub(super) fn tone(seconds: i64) -> Bytes {
    let seconds = u32::try_from(seconds).unwrap_or(1).clamp(1, LONGEST);
    let samples = RATE * seconds;
    let data = samples * 2;
    let mut file = BytesMut::with_capacity(44 + usize::try_from(data).unwrap_or_default());
    file.put_slice(b"RIFF");
    file.put_u32_le(36 + data);
    file.put_slice(b"WAVEfmt ");
    file.put_u32_le(16);
    file.put_u16_le(1);
    file.put_u16_le(1);
    file.put_u32_le(RATE);
    file.put_u32_le(RATE * 2);
    file.put_u16_le(2);
    file.put_u16_le(16);
    file.put_slice(b"data");
    file.put_u32_le(data);
    for sample in 0..samples {
        let time = f64::from(sample) / f64::from(RATE);
        let swell = (time * std::f64::consts::PI).sin().abs();
        let wave = (time * 440.0 * std::f64::consts::TAU).sin();
        #[allow(clippy::cast_possible_truncation, reason = "a third of the range of 16 bits")]
        file.put_i16_le((wave * swell * 10_000.0) as i16);
    }
    file.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio;

    #[test]
    fn a_tone_is_a_sound_file_of_its_length() {
        assert_eq!(audio::sniff(&tone(3)), Ok("audio/wav"));
        assert_eq!(tone(3).len(), 44 + 3 * 16_000);
        assert_eq!(tone(0).len(), tone(1).len());
        assert_eq!(tone(-5).len(), tone(1).len());
        assert_eq!(tone(i64::MAX).len(), tone(1).len());
    }
}
