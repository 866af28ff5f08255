import NIOCore
import Wire

@testable import ClientAPI

extension FuzzTarget {
    /// The first byte says how the others arrive: 0 as the text of one frame, else as a socket's bytes in pieces so long.
    static let clientFrames = FuzzTarget(name: "client-frames") { bytes throws(Finding) in
        guard let piece = bytes.first else { return }
        guard piece > 0 else { return ClientFrames.command(Array(bytes.dropFirst())) }
        let whole = ClientFrames.read(Array(bytes.dropFirst()), pieces: .max)
        guard ClientFrames.read(Array(bytes.dropFirst()), pieces: Int(piece)) == whole else {
            throw Finding("what is read depends on how it arrives")
        }
        for case .text(let text) in whole.inputs { ClientFrames.command(text) }
    }
}

/// The way of a client's bytes to a decoded command.
private enum ClientFrames {
    struct Outcome: Equatable {
        var inputs: [FrameReader.Input] = []
        var offence: FrameReader.Offence?
    }

    static func read(_ bytes: [UInt8], pieces: Int) -> Outcome {
        var outcome = Outcome()
        var reader = FrameReader()
        var position = 0
        do throws(FrameReader.Offence) {
            while position < bytes.count {
                let end = position + min(pieces, bytes.count - position)
                reader.append(ByteBuffer(bytes: bytes[position..<end]))
                while let input = try reader.next() { outcome.inputs.append(input) }
                position = end
            }
        } catch {
            outcome.offence = error
        }
        return outcome
    }

    static func command(_ text: [UInt8]) {
        guard let home = ServerName("a.example"), let frame = try? ClientFrame(text) else { return }
        _ = (frame.nonce, frame.shortType)
        guard let command = CommandTable.command(frame.type) else { return }
        _ = try? command.decode(frame.object, home)
        _ = MessageCommand.read(text, home: home)
    }
}
