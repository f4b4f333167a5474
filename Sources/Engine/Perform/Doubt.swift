// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A write of which only a look can tell whether it was carried out.
///
/// Its error is what the step ends with when the looks show nothing of it: then the same write may be sent again.
struct Doubt: Sendable {
  let error: CallError
  private let looks: Int
  private let time: Duration

  /// A create, of which a second one would be a duplicate unless its name keeps AWS from making it.
  init(create error: CallError, of kind: Kind) {
    self.error = error
    looks = Self.decisiveLooks
    time =
      switch (error.category, kind.identity) {
      // What stands in its place was there before, and shows sooner than what was just made.
      case (.alreadyExists, _): Self.untilSeen
      case (_, .name), (_, .parent): kind.patience.untilSeen ?? .zero
      case (_, .tag): kind.patience.untilSeen ?? Self.untilSeen
      }
  }

  /// An update or a delete: twice is as good as once.
  init(repeatable error: CallError) {
    self.error = error
    looks = Self.decisiveLooks
    // AWS takes a moment to show what stands in the way.
    time = error.category == .alreadyExists ? Self.untilSeen : .zero
  }

  /// What was there, of which a look shows nothing.
  init(vanished kind: Kind) {
    self.init(
      create: CallError(
        .unavailable, code: "NotVisible", message: "AWS took the create and shows nothing of it"),
      of: kind)
  }

  /// So many looks in a row that show nothing are believed.
  static var decisiveLooks: Int { 3 }
  /// EC2 shows what it has made within seconds (API reference, "Eventual consistency").
  private static var untilSeen: Duration { .seconds(15) }

  /// Whether it has had no effect.
  ///
  /// - Parameters:
  ///   - looks: that have shown no trace of it, since it was sent.
  ///   - elapsed: since it was sent.
  func isRefuted(after looks: Int, _ elapsed: Duration) -> Bool { looks >= self.looks && elapsed >= time }
}

/// What a step has sent, over all its attempts.
final class Footprint: Sendable {
  private struct State {
    var wrote = false
    var made: Doubt?
    var gone: String?
  }

  private let state = Guarded(State())

  /// A write was sent: from then on what is there may be the step's own work.
  var isThere: Bool { state.withLock { $0.wrote } }
  func leave() { state.withLock { $0.wrote = true } }

  /// What a look that shows nothing leaves in doubt once the resource was seen, or its create was answered: nil when
  /// nothing was made, or looks have shown that nothing is left of it.
  ///
  /// A read that AWS answers from a part of it which does not know the new thing yet is no reason to make a second one.
  var made: Doubt? {
    get { state.withLock { $0.made } }
    set { state.withLock { $0.made = newValue } }
  }

  /// The id that the last create was answered with, once looks have shown that nothing is there under it.
  var gone: String? {
    get { state.withLock { $0.gone } }
    set { state.withLock { $0.gone = newValue } }
  }
}
