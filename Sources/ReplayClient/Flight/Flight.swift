// SPDX-License-Identifier: Apache-2.0

/// One flight of a transaction: told what the database answered, it says what to ask next. No clock, no chance, no I/O.
///
/// Whatever is not certain is told as not certain: a commit without an answer is in doubt, and the next flight settles it.
struct Flight: Sendable {
  /// How it begins.
  enum Purpose: Sendable, Hashable {
    case apply
    /// Asks first what became of an earlier attempt. `age` is how long ago the transaction was put.
    case settle(xid: String?, age: Duration)
    /// Asks whether the database still has what it confirmed.
    case recheck
  }

  enum Call: Sendable, Hashable {
    case settle(xid: String?)
    case begin
    case enter
    /// Make the attempt's number durable, before a commit can be sent.
    case note(xid: String)
    /// The statement of this index.
    case execute(Int)
    case commit
    case rollBack
    /// Make the ledger.
    case make
  }

  enum Answer: Sendable, Hashable {
    case settled(Settled)
    case entered(Entered)
    /// With the warning, if one came: then nothing is certain.
    case committed(warning: String?)
    /// To every other call.
    case done
    case failed(TargetError)
  }

  enum Step: Sendable, Hashable {
    case call(Call)
    case land(Landing)
  }

  private enum State: Sendable, Hashable {
    case settling
    case beginning
    case entering
    case noting(Entered)
    case executing(Int, Entered)
    case committing(Entered)
    case rollingBack(Landing)
    case rollingBackToMake(TargetError)
    case making
    case landed
  }

  private let purpose: Purpose
  private let statements: Int
  private let bodyHash: String
  private let ledger: Ledger
  private let ledgerKeep: Duration
  /// An earlier attempt may have got through: nothing is refused before the ledger has said that none did.
  private let mayBeApplied: Bool
  private var state = State.beginning
  private var hasMadeLedger = false
  /// Whether an attempt was begun.
  private(set) var isAttempt = false

  init(
    _ purpose: Purpose, statements: Int, bodyHash: String, ledger: Ledger, ledgerKeep: Duration,
    mayBeApplied: Bool = false
  ) {
    self.purpose = purpose
    self.statements = statements
    self.bodyHash = bodyHash
    self.ledger = ledger
    self.ledgerKeep = ledgerKeep
    self.mayBeApplied = mayBeApplied
  }

  mutating func start() -> Step {
    switch purpose {
    case .apply: return begin()
    case .settle(let xid, _):
      state = .settling
      return .call(.settle(xid: xid))
    case .recheck:
      state = .settling
      return .call(.settle(xid: nil))
    }
  }

  /// - Precondition: `answer` is one to the call that was asked for last.
  mutating func told(_ answer: Answer) -> Step {
    switch (state, answer) {
    case (.settling, .settled(let settled)): return after(settled)
    case (.settling, .failed(let error)): return settlingFailed(error)
    case (.beginning, .done):
      state = .entering
      return .call(.enter)
    // Nothing of the transaction was asked yet.
    case (.beginning, .failed(let error)): return land(Self.failure(error, mayRefuse: false))
    case (.entering, .entered(let entered)): return after(entered)
    case (.entering, .failed(let error)):
      if error.saysMissing(ledger) {
        state = .rollingBackToMake(error)
        return .call(.rollBack)
      }
      return rollBack(Self.failure(error, mayRefuse: !mayBeApplied && error.liesInID))
    // Without the number a doubt is settled by the ledger alone. And work that ends makes room on a full disk.
    case (.noting(let entered), .done), (.noting(let entered), .failed): return execute(0, entered)
    case (.executing(let index, let entered), .done): return execute(index + 1, entered)
    case (.executing, .failed(let error)):
      let isItsOwn = error.meaning == .later && !error.befallsAll
      return rollBack(isItsOwn ? .failed(.again, error, isInDoubt: false, xid: nil) : Self.failure(error))
    case (.committing(let entered), .committed(let warning)):
      guard let warning else { return land(.applied(seen: entered.seen)) }
      return land(.failed(.again, TargetError(warning), isInDoubt: true, xid: entered.xid))
    case (.committing(let entered), .failed(let error)): return commitFailed(error, entered)
    // Whether it worked nobody needs to know: an idle transaction ends by itself, only later.
    case (.rollingBack(let landing), .done), (.rollingBack(let landing), .failed): return land(landing)
    case (.rollingBackToMake(let error), .done), (.rollingBackToMake(let error), .failed): return make(because: error)
    case (.making, .done): return begin()
    case (.making, .failed(let error)): return makingFailed(error)
    case (.settling, _), (.beginning, _), (.entering, _), (.noting, _), (.executing, _), (.committing, _),
      (.rollingBack, _), (.rollingBackToMake, _), (.making, _), (.landed, _):
      preconditionFailure("\(answer) is no answer in state \(state)")
    }
  }

  // MARK: Settling

  /// That the number is `committed` proves nothing as long as the ledger would remember the row: a writer that crashes
  /// before it wrote anything of a transaction down gives its number out again, and another one commits under it. Only of
  /// an entry older than the ledger's memory the status is all there is; and where that is forgotten as well, an attempt
  /// would be a blind repetition.
  private mutating func after(_ settled: Settled) -> Step {
    switch purpose {
    case .recheck: return settled.seen > 0 ? land(.kept(seen: settled.seen)) : begin()
    case .apply: return begin()
    case .settle(_, let age):
      // The row may be one that only a dying writer has: an attempt confirms it, by writing.
      if settled.seen > 0 { return begin() }
      if settled.status == "in progress" { return land(.underway) }
      if age > ledgerKeep, settled.status == "committed" { return land(.applied(seen: 1)) }
      if age > ledgerKeep, settled.status == nil { return land(.refused(cause: "forgotten")) }
      return begin()
    }
  }

  private mutating func settlingFailed(_ error: TargetError) -> Step {
    switch error.meaning {
    // No ledger, or a number that the server has not given out: an attempt finds out.
    case .refused: return begin()
    case .again, .later:
      switch purpose {
      case .settle(let xid, _): return land(.failed(error.meaning, error, isInDoubt: true, xid: xid))
      case .apply, .recheck: return land(.failed(error.meaning, error, isInDoubt: false, xid: nil))
      }
    }
  }

  // MARK: Attempting

  private mutating func begin() -> Step {
    isAttempt = true
    state = .beginning
    return .call(.begin)
  }

  private mutating func after(_ entered: Entered) -> Step {
    guard entered.body == bodyHash else { return rollBack(.refused(cause: "mismatch")) }
    guard entered.seen == 1 else {
      // Also when there is nothing left to do: the ledger's row must be as safe as what it tells of.
      state = .committing(entered)
      return .call(.commit)
    }
    state = .noting(entered)
    return .call(.note(xid: entered.xid))
  }

  private mutating func execute(_ index: Int, _ entered: Entered) -> Step {
    if index < statements {
      state = .executing(index, entered)
      return .call(.execute(index))
    }
    state = .committing(entered)
    return .call(.commit)
  }

  private mutating func commitFailed(_ error: TargetError, _ entered: Entered) -> Step {
    if error.isFinalAtCommit { return land(Self.failure(error, mayRefuse: entered.seen == 1)) }
    let meaning = error.meaning == .refused ? .again : error.meaning
    let landing = Landing.failed(meaning, error, isInDoubt: true, xid: entered.xid)
    if error.code == "TransactionNotFoundException" { return land(landing) }
    // A commit that never got there would hold its row of the ledger for three minutes. One that did is done.
    return rollBack(landing)
  }

  // MARK: The ledger

  private mutating func make(because error: TargetError) -> Step {
    guard !hasMadeLedger else { return land(.failed(.later, error, isInDoubt: false, xid: nil)) }
    hasMadeLedger = true
    state = .making
    return .call(.make)
  }

  /// Whatever it is, it does not lie in this transaction.
  private mutating func makingFailed(_ error: TargetError) -> Step {
    land(.failed(error.meaning == .again ? .again : .later, error, isInDoubt: false, xid: nil))
  }

  // MARK: Ends

  /// At once: an abandoned transaction holds its row of the ledger, and every repeat waits for it.
  private mutating func rollBack(_ landing: Landing) -> Step {
    state = .rollingBack(landing)
    return .call(.rollBack)
  }

  private mutating func land(_ landing: Landing) -> Step {
    state = .landed
    return .land(landing)
  }

  private static func failure(_ error: TargetError, mayRefuse: Bool = true) -> Landing {
    switch error.meaning {
    case .refused where mayRefuse: .refused(cause: error.cause)
    case .refused: .failed(.later, error, isInDoubt: false, xid: nil)
    case .again, .later: .failed(error.meaning, error, isInDoubt: false, xid: nil)
    }
  }
}
