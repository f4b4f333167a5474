// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDSData
internal import AWSClient
internal import Core

/// The Data API's calls, each with its deadline, and what their errors say.
struct DataAPI: Sendable {
  /// Repeats nothing by itself.
  let aws: AWS
  let cluster: String
  let secret: String
  let database: String
  let ledger: Ledger

  func begin(by deadline: ContinuousClock.Instant) async throws(TargetError) -> String {
    let input = RDSData.BeginTransactionInput(resourceArn: cluster, secretArn: secret, database: database)
    let output = try await call(RDSData.beginTransaction, input, by: deadline)
    guard let transaction = output.transactionId else {
      throw TargetError("no transaction was given", code: "UnreadableAnswer")
    }
    return transaction
  }

  /// The first row of the answer, if it has any.
  func execute(
    _ statement: Statement, in transaction: String?, by deadline: ContinuousClock.Instant
  ) async throws(TargetError) -> [RDSData.Field] {
    let input = RDSData.ExecuteStatementInput(
      resourceArn: cluster, secretArn: secret, sql: statement.sql, database: database,
      parameters: statement.parameters.map(\.sent), transactionId: transaction)
    return try await call(RDSData.executeStatement, input, by: deadline).records?.first ?? []
  }

  func commit(_ transaction: String, by deadline: ContinuousClock.Instant) async throws(TargetError) {
    let input = RDSData.CommitTransactionInput(resourceArn: cluster, secretArn: secret, transactionId: transaction)
    _ = try await call(RDSData.commitTransaction, input, by: deadline)
  }

  func rollBack(_ transaction: String, by deadline: ContinuousClock.Instant) async throws(TargetError) {
    let input = RDSData.RollbackTransactionInput(resourceArn: cluster, secretArn: secret, transactionId: transaction)
    _ = try await call(RDSData.rollbackTransaction, input, by: deadline)
  }

  /// A call that is not over by its deadline is abandoned: its answer counts as lost.
  private func call<Input: Sendable, Output: Sendable>(
    _ operation: Operation<Input, Output>, _ input: Input, by deadline: ContinuousClock.Instant
  ) async throws(TargetError) -> Output {
    let aws = aws
    let result = await withTaskGroup(of: Result<Output, CallError>?.self) { group in
      group.addTask {
        do throws(CallError) {
          return .success(try await aws(operation, input))
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        try? await ContinuousClock().sleep(until: deadline)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    guard let result else { throw TargetError("no answer within the attempt's time") }
    do throws(CallError) {
      return try result.get()
    } catch {
      throw TargetError(error)
    }
  }
}

extension Parameter {
  fileprivate var sent: RDSData.SqlParameter {
    RDSData.SqlParameter(name: name, value: value.sent, typeHint: typeHint)
  }
}

extension SQLValue {
  fileprivate var sent: RDSData.Field {
    switch self {
    case .null: RDSData.Field(isNull: true)
    case .boolean(let flag): RDSData.Field(booleanValue: flag)
    case .integer(let number): RDSData.Field(longValue: number)
    case .double(let number): RDSData.Field(doubleValue: number)
    case .text(let text), .hinted(let text, _): RDSData.Field(stringValue: text)
    case .bytes(let bytes): RDSData.Field(blobValue: bytes)
    }
  }
}

extension TargetError {
  init(_ error: CallError) {
    // Without a status there was no answer; a credential that could not be found has no status either, and is `later`.
    guard error.status != nil else {
      self.init(error.message)
      return
    }
    self.init(error.message, code: error.code, sqlstate: Self.sqlstate(in: error.message))
  }

  /// The Data API has it only in the text: `ERROR: duplicate key value …; SQLState: 23505`.
  static func sqlstate(in message: String) -> String? {
    let upper = message.uppercased().utf8
    let mark = Array("SQLSTATE:".utf8)
    var rest = upper[...]
    while let start = rest.firstIndex(of: mark[0]) {
      rest = rest[start...]
      if rest.starts(with: mark) {
        let after = rest.dropFirst(mark.count).drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        let state = after.prefix { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || $0 == 0x5F }
        if state.count == 5, !state.contains(0x5F) { return String(decoding: state, as: UTF8.self) }
      }
      rest = rest.dropFirst()
    }
    return nil
  }
}
