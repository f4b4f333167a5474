// SPDX-License-Identifier: Apache-2.0

internal import Core

#if canImport(Glibc)
  internal import Glibc
#endif

/// Where a command's answer (standard output) and its story (standard error) go.
package struct Console: Sendable {
  /// The story may be rewritten in place and coloured.
  package let storyIsTerminal: Bool
  /// The answer may be coloured.
  package let answerIsTerminal: Bool
  /// A person can be asked.
  package let canAsk: Bool
  package let color: Bool
  /// Columns to fill; 100 when no terminal says otherwise.
  package let width: Int
  private let loss = Loss()

  /// - Parameters:
  ///   - environment: read for `NO_COLOR`, `TERM` and `CI`.
  package init(environment: [String: String]) {
    // A terminal that cannot move its cursor is told line by line.
    storyIsTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    answerIsTerminal = isatty(STDOUT_FILENO) == 1
    canAsk = isatty(STDIN_FILENO) == 1 && storyIsTerminal && environment["CI"] == nil
    color = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    var size = winsize()
    let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 || ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
    width = known && size.ws_col > 0 ? Int(size.ws_col) : 100
  }

  package var answerStyle: Style { Style(color: color && answerIsTerminal, width: width) }
  package var storyStyle: Style { Style(color: color && storyIsTerminal, width: width) }

  /// Writes to standard output, whole; what keeps it from that is found in `unwritten`.
  package func answer(_ text: String) {
    if let error = write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) { loss.note(error) }
  }

  /// Why an answer, or a part of one, was not written, in the system's words; nil when all were, and when whoever read
  /// them had read enough.
  package var unwritten: String? { loss.error.map { String(cString: strerror($0)) } }

  /// Writes a line to standard error.
  package func tell(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
  }

  /// Writes to standard error without a line end, for lines that are rewritten in place.
  package func draw(_ text: String) {
    write(text, to: STDERR_FILENO)
  }

  /// Asks on the terminal; nil when nobody can answer.
  package func ask(_ question: String) -> String? {
    guard canAsk else { return nil }
    draw(question)
    return readLine()
  }

  /// - Returns: the error number when not all was written.
  @discardableResult
  private func write(_ text: String, to descriptor: Int32) -> Int32? {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno != EINTR && errno != EAGAIN {
        return errno
      }
    }
    return nil
  }
}

/// The first error that kept an answer from being written.
private final class Loss: Sendable {
  private let first = Guarded<Int32?>(nil)

  var error: Int32? { first.withLock { $0 } }

  func note(_ error: Int32) {
    // A reader that has gone has what it wanted.
    guard error != EPIPE else { return }
    first.withLock { $0 = $0 ?? error }
  }
}
