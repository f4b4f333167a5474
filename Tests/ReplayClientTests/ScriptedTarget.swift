// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import ReplayClient

/// A clock that moves when the test says so.
final class VirtualClock: Sendable {
  /// Unix seconds at moment 0.
  static let start = 1_000_000.0
  private let elapsed = Guarded(Duration.zero)

  var now: Duration {
    get { elapsed.withLock { $0 } }
    set { elapsed.withLock { $0 = newValue } }
  }

  var clock: ReplayClock {
    ReplayClock(unix: { Self.start + self.now.inSeconds }, moment: { self.now }, sleep: { _ in })
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Answers what the script says, in its order, and keeps account of what that did to the database.
final class ScriptedTarget: Target, Session {
  private struct State {
    var script: [JSON]
    var flying = ""
    /// Of the attempt that flies, when it found no row in the ledger.
    var xid: String?
    var committed: Set<ExactText> = []
    var isOff = false
  }

  private let state: Guarded<State>
  private let clock: VirtualClock
  /// It may lose what it confirmed.
  private let isForgetful: Bool
  /// The buffer's.
  private let log: URL?

  init(_ script: [JSON], _ clock: VirtualClock, isForgetful: Bool, log: URL? = nil) {
    state = Guarded(State(script: script))
    self.clock = clock
    self.isForgetful = isForgetful
    self.log = log
  }

  var rest: [JSON] { state.withLock { $0.script } }
  /// The client has asked for something else than the script has.
  var isOff: Bool { state.withLock { $0.isOff } }

  func flies(_ id: String) { state.withLock { $0.flying = id } }

  func begin(within time: Duration) async throws(TargetError) -> any Session {
    _ = try next("begin")
    return self
  }

  func make(within time: Duration) async throws(TargetError) { _ = try next("make") }

  func settle(id: String, xid: String?, within time: Duration) async throws(TargetError) -> Settled {
    let item = try next("settle")
    #expect(item["xid"] == (xid.map { .string($0) } ?? .null), "\(item.text())")
    let seen = item["answer"]?["seen"]?.int ?? 0
    let isTrue = state.withLock { state in
      if seen == 0, isForgetful { state.committed.remove(ExactText(id)) }
      return seen > 0 || !state.committed.contains(ExactText(id))
    }
    #expect(isTrue, "the script contradicts itself")
    return Settled(seen: seen, status: item["answer"]?["status"]?.string)
  }

  func enter(id: String, bodyHash: String) async throws(TargetError) -> Entered {
    let answer = try next("enter")["answer"]
    let seen = answer?["seen"]?.int ?? 0
    let isCommitted = state.withLock { $0.committed.contains(ExactText(id)) }
    #expect(seen > 1 || !isCommitted, "\"\(id)\" would be applied twice")
    let xid = answer?["xid"]?.string ?? ""
    state.withLock { $0.xid = seen == 1 ? xid : nil }
    return Entered(seen: seen, body: answer?["body"]?.string ?? bodyHash, xid: xid)
  }

  func execute(_ statement: Statement) async throws(TargetError) {
    let item = try next("statement")
    if let sql = item["sql"]?.string { #expect(sql == statement.sql) }
  }

  func commit() async throws(TargetError) -> String? {
    let (flying, xid) = state.withLock { ($0.flying, $0.xid) }
    if let xid, let log {
      let doubt = Data(LogRecord.doubt(id: flying, xid: xid).line)
      let bytes = (try? Data(contentsOf: log)) ?? Data()
      #expect(bytes.range(of: doubt) != nil, "who dies now would not know what to ask for")
    }
    let answer = try next("commit")["answer"]
    state.withLock { _ = $0.committed.insert(ExactText($0.flying)) }
    return answer?["warning"]?.string
  }

  func rollBack() async throws(TargetError) { _ = try next("rollback") }

  private func next(_ call: String) throws(TargetError) -> JSON {
    let (item, flying) = state.withLock { ($0.script.isEmpty ? nil : $0.script.removeFirst(), $0.flying) }
    guard let item, item["call"]?.string == call, item["id"]?.string == flying else {
      Issue.record("\"\(call)\" of \"\(flying)\" is asked, and the script has \(item?.text() ?? "no more")")
      state.withLock { $0.isOff = true }
      throw TargetError("off the script")
    }
    if let bounds = item["at"]?.array?.compactMap(\.double), bounds.count == 2 {
      let now = clock.now.inSeconds
      #expect(bounds[0] - 1e-6 <= now && now <= bounds[1] + 1e-6, "\(item.text()) at \(now)")
    }
    guard let error = item["error"] else { return item }
    if call == "commit", item["effect"]?.bool == true {
      state.withLock { _ = $0.committed.insert(ExactText(flying)) }
    }
    if let word = error.string {
      #expect(["lost", "cut"].contains(word))
      throw TargetError(word)
    }
    throw TargetError(
      error["message"]?.string ?? "", code: error["code"]?.string, sqlstate: error["sqlstate"]?.string)
  }
}
