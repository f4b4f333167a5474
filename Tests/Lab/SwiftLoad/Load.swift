// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import Logging
internal import ReplayClient
internal import Synchronization

/// Writers that transfer money through the replay client.
final class Load: Sendable {
  /// For what is begun when no more is.
  private static let lastSeconds = 60
  /// Longer than a caller would wait: what goes on in the background after that is asked for again.
  private static let patience = Duration.seconds(30)

  private let settings: Settings
  private let journal: Journal
  private let replay: Replay
  private let isEnding = Atomic(false)

  init(_ settings: Settings, environment: [String: String]) async throws {
    self.settings = settings
    journal = try Journal(path: settings.journal)
    var logger = Logger(label: "lab-load")
    // Each attempt during an outage is an `info`: the lab's output is for what is wrong.
    logger.logLevel = .warning
    let target = try await DataAPITarget(
      cluster: settings.cluster, secret: settings.secret, database: settings.database, environment: environment,
      logger: logger)
    var choices = ReplaySettings()
    choices.concurrency = settings.writers + 2
    replay = try await Replay(folder: settings.buffer, target: target, settings: choices, logger: logger)
  }

  /// Returns when all that was begun has come to an end, after `end`.
  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for transfer in journal.unfinished { group.addTask { try await self.goOn(transfer) } }
      for writer in 0..<settings.writers { group.addTask { try await self.write(writer) } }
      try await group.waitForAll()
    }
    await replay.close()
  }

  /// No new transfers from now on. The process ends when those that are under way cannot be finished in time.
  func end() {
    isEnding.store(true, ordering: .relaxed)
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.lastSeconds)) {
      // Whoever told it to end may have taken the database away.
      complain("the application cannot finish what it has begun")
      _exit(1)
    }
  }

  private func write(_ writer: Int) async throws {
    for transfer in Transfers(run: settings.run, writer: writer, seed: settings.seed) {
      try await Task.sleep(for: .seconds(-settings.pause * log(Double.random(in: .leastNonzeroMagnitude...1))))
      if isEnding.load(ordering: .relaxed) { return }
      try journal.write(.begin(transfer))
      try await goOn(transfer)
    }
  }

  /// Of a transfer that is begun, perhaps by a process that was killed: the same id is applied once.
  private func goOn(_ transfer: Transfer) async throws {
    let transaction = transfer.transaction(in: settings.bank)
    // Answers as soon as the buffer has it, and not before.
    var outcome = try await replay.submit(transaction, within: .zero)
    try journal.write(.accepted(transfer.name))
    while outcome == .pending {
      try Task.checkCancellation()
      outcome = try await replay.submit(transaction, within: Self.patience)
    }
    switch outcome {
    case .applied: try journal.write(.acknowledged(transfer.name))
    case .refused(let cause): try journal.write(.failed(transfer.name, why: cause))
    case .pending, .accepted: throw LoadError("\"\(transfer.name)\" came to no end: \(outcome)")
    }
  }
}

/// Whoever started the process tells it by closing this that there is enough.
enum StandardInput {
  /// Calls `then` on a thread of its own.
  static func awaitEnd(_ then: @escaping @Sendable () -> Void) {
    DispatchQueue(label: "lab-load.input").async {
      var bytes = [UInt8](repeating: 0, count: 512)
      while true {
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count == 0 || (count < 0 && errno != EINTR) { return then() }
      }
    }
  }
}

/// On standard error.
func complain(_ text: String) {
  let line = Array("lab-load: \(text)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}
