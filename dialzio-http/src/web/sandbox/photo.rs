//! Small pictures made of nothing but numbers, for people who send photos in the sample day.

/// A picture of two colours that run into each other, with a lighter disc: enough to be told from its neighbour.
pub(super) fn png(from: [u8; 3], to: [u8; 3]) -> Vec<u8> {
    const WIDTH: u32 = 240;
    const HEIGHT: u32 = 160;
    let mut raw = Vec::with_capacity(((WIDTH * 3 + 1) * HEIGHT) as usize);
    for y in 0..HEIGHT {
        raw.push(0);
        for x in 0..WIDTH {
            let (dx, dy) = (x.abs_diff(WIDTH / 2), y.abs_diff(HEIGHT / 2));
            let inside = dx * dx + dy * dy < 52 * 52;
            for channel in 0..3 {
                let mixed = (u32::from(from[channel]) * (HEIGHT - y) + u32::from(to[channel]) * y) / HEIGHT;
                let lit = if inside { mixed + (255 - mixed) / 2 } else { mixed };
                raw.push(u8::try_from(lit).unwrap_or(u8::MAX));
            }
        }
    }
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"IDAT", &stored(&raw));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend(data);
    let sum = crc(&png[start..]);
    png.extend(sum.to_be_bytes());
}

/// zlib without compression: blocks of stored bytes (RFC 1950, RFC 1951 3.2.4).
fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = raw.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::{crc, png};

    #[test]
    fn the_checksum_is_that_of_png_and_the_picture_is_whole() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
        let picture = png([200, 60, 40], [250, 200, 90]);
        assert!(picture.starts_with(b"\x89PNG") && picture.ends_with(&0xae42_6082_u32.to_be_bytes()));
    }
}
