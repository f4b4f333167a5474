// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Logging
import Testing

@testable import ReplayClient

/// The cases that drive the clients of all languages.
@Suite("Cases of Tests/Replay")
struct CaseTests {
  @Test("the client does what the case says", arguments: ReplayCase.all)
  func plays(_ one: ReplayCase) async throws {
    one.check()
    let folder = try TemporaryFolder()
    if let records = one.json["log"]?.array { try Self.writeLog(records, folder) }
    let expect = try #require(one.json["expect"])
    if expect["opening"] == "corrupt" {
      let error = #expect(throws: ReplayError.self) {
        try FileBuffer(folder: folder.path, logger: Self.logger)
      }
      let found = error?.description.firstMatch(of: #/^"[^"]+/log" is damaged at line 3, byte [0-9]+: /#)
      #expect(found != nil, "\(error?.description ?? "no error")")
      return
    }
    let run = try await CaseRun(one, folder)
    #expect(run.buffer.wasTorn == (expect["opening"] == "torn"))
    let outcomes = try await run.play()
    #expect(outcomes == expect["outcomes"]?.array?.compactMap(\.string))
    await run.buffer.close()
    let again = try FileBuffer(folder: folder.path, logger: Self.logger)
    #expect(again.state.waiting.map(\.id) == expect["left"]?.array?.compactMap(\.string))
    let parked = again.state.parked.map { (key: $0.id, value: JSON.string($0.cause ?? "")) }
    #expect(JSON.object(JSONObject(parked)) == expect["parked"])
    await again.close()
  }

  @Test("there are cases, each with a name of its own")
  func names() {
    #expect(ReplayCase.all.count >= 40)
    #expect(Set(ReplayCase.all.map(\.name)).count == ReplayCase.all.count)
  }

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func writeLog(_ records: [JSON], _ folder: TemporaryFolder) throws {
    var bytes = LogRecord.header
    for record in records { bytes += record["raw"]?.string.map { Array($0.utf8) } ?? LogRecord.line(record) }
    try Data(bytes).write(to: folder.log)
  }
}

/// A client whose time passes only when it has nothing to do, and which flies one transaction after another.
final class CaseRun {
  let buffer: FileBuffer
  private let one: ReplayCase
  private let clock = VirtualClock()
  private let target: ScriptedTarget
  private let engine: Engine
  private var waiting: [(index: Int, item: JSON)]
  private var tickets: [Int: (deadline: Duration, ticket: Ticket)] = [:]
  private var outcomes: [Int: String] = [:]

  init(_ one: ReplayCase, _ folder: TemporaryFolder) async throws {
    self.one = one
    let settings = Self.settings(one.json["settings"])
    target = ScriptedTarget(one.script, clock, isForgetful: settings.retain > .zero, log: folder.log)
    buffer = try FileBuffer(folder: folder.path, logger: CaseTests.logger)
    let random = one.json["random"]?.double ?? 0.5
    engine = Engine(
      Engine.Parts(
        target: target, buffer: buffer, ledger: try Ledger("harecon_ledger"), settings: settings, clock: clock.clock,
        random: { random }, logger: CaseTests.logger))
    waiting = one.submit.enumerated().map { ($0.offset, $0.element) }
  }

  func play() async throws -> [String] {
    let until = one.json["until"]?.double.map { Duration.seconds($0) }
    while !target.isOff {
      try await submitDue()
      look()
      if let takeoff = await engine.takeOff() {
        target.flies(takeoff.stored.id)
        await engine.fly(takeoff)
        continue
      }
      look()
      let moments =
        await waiting.map { Self.at($0.item) } + tickets.values.map(\.deadline)
        + [engine.nextMoment()].compactMap { $0 }
      guard let next = moments.min(), until.map({ next <= $0 }) ?? true else { break }
      try #require(next > clock.now, "time stands still")
      clock.now = next
    }
    #expect(target.rest.isEmpty, "the script was not played to its end")
    return one.submit.indices.map { outcomes[$0] ?? "none" }
  }

  private func submitDue() async throws {
    let due = waiting.filter { Self.at($0.item) <= clock.now }
    waiting.removeAll { Self.at($0.item) <= clock.now }
    for (index, item) in due {
      do throws(ReplayError) {
        outcomes[index] = "discarded"
        guard let ticket = try await perform(item) else { continue }
        tickets[index] = (clock.now + .seconds(item["deadline"]?.double ?? 30), ticket)
      } catch {
        switch error {
        case .full: outcomes[index] = "full"
        case .notParked: outcomes[index] = "unknown"
        case .inUse, .damaged, .broken, .closed, .invalid, .unavailable: Issue.record(error)
        }
      }
    }
  }

  private func perform(_ item: JSON) async throws(ReplayError) -> Ticket? {
    if let id = item["resubmit"]?.string { return try await engine.resubmit(id) }
    if let id = item["discard"]?.string {
      try await engine.discard(id)
      return nil
    }
    let given = item["statements"]?.array ?? [["sql": "select 1"]]
    var statements: [Statement] = []
    for statement in given {
      do throws(Malformed) {
        var parameters: [Parameter] = []
        for parameter in statement["parameters"]?.array ?? [] {
          parameters.append(try TransactionBody.parameter(parameter))
        }
        statements.append(Statement(statement["sql"]?.string ?? "", parameters: parameters))
      } catch {
        // What is no parameter has no form in Swift.
        return Ticket(.refused(cause: "malformed"))
      }
    }
    return try await engine.accept(
      Transaction(id: item["id"]?.string ?? "", key: item["key"]?.string ?? "k", statements: statements))
  }

  /// Who waits for an outcome hears of it, or has waited for long enough.
  private func look() {
    for (index, waiter) in tickets {
      if let ending = waiter.ticket.ending {
        outcomes[index] = Self.text(ending)
      } else if waiter.deadline <= clock.now {
        outcomes[index] = "pending"
      } else {
        continue
      }
      tickets[index] = nil
    }
  }

  private static func at(_ item: JSON) -> Duration { .seconds(item["at"]?.double ?? 0) }

  private static func text(_ outcome: Outcome) -> String {
    switch outcome {
    case .applied(let seen): "applied \(seen)"
    case .refused(let cause): "refused \(cause)"
    case .pending: "pending"
    case .accepted: "accepted"
    }
  }

  private static func settings(_ json: JSON?) -> ReplaySettings {
    var settings = ReplaySettings()
    func seconds(_ name: String, _ path: WritableKeyPath<ReplaySettings, Duration>) {
      if let value = json?[name]?.double { settings[keyPath: path] = .seconds(value) }
    }
    func number(_ name: String, _ path: WritableKeyPath<ReplaySettings, Int>) {
      if let value = json?[name]?.int { settings[keyPath: path] = value }
    }
    seconds("pauseCap", \.pauseCap)
    seconds("maxAge", \.maxAge)
    seconds("retain", \.retain)
    seconds("ledgerKeep", \.ledgerKeep)
    number("maxEntries", \.maxEntries)
    number("maxBytes", \.maxBytes)
    number("maxParked", \.maxParked)
    if let rate = json?["drainPerSecond"]?.double { settings.drainPerSecond = rate }
    return settings
  }
}
