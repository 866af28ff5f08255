import Sodium
import Wire

/// Keys whose secret half is printed in a standard: good for vectors, refused wherever a key is to be trusted.
enum KnownKeys {
    private static let published: Set<String> = [
        // RFC 8032 §7.1: TEST 1, 2, 3, 1024, SHA(abc).
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        // RFC 9421 B.1.4, the key of our own vectors.
        "26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb",
        // The seeds of 32 bytes 0x00, and of 0x00…0x1f.
        "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
    ]

    static func contains(_ key: Ed25519.PublicKey) -> Bool {
        published.contains(Hex.encode(key.bytes))
    }
}
