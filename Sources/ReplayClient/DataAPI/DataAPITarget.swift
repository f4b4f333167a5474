// SPDX-License-Identifier: Apache-2.0

// aws: rds-data BeginTransaction ExecuteStatement CommitTransaction RollbackTransaction

internal import AWSAPIRDSData
internal import AWSClient
internal import Core
public import Logging

/// A database of an Aurora cluster, reached through the RDS Data API, which always runs on the writer.
public struct DataAPITarget: Sendable {
  let ledger: Ledger
  let api: DataAPI

  /// Credentials and endpoints are found as AWS's own tools find them; credentials at the first call.
  ///
  /// - Parameters:
  ///   - cluster: the cluster's ARN.
  ///   - secret: the ARN of the secret of the database user to run as. It may insert into, update and select from the
  ///     ledger, and create it if there is none.
  ///   - database: the database's name. There is one ledger in each.
  ///   - ledger: the ledger's table; the spec's `failover.replay.ledger`.
  ///   - region: nil: that of the environment, the profile or the machine.
  ///   - environment: the variables of the process, or what is to stand for them.
  /// - Throws: `invalid` for what is set but makes no sense, and when there is no region.
  public init(
    cluster: String, secret: String, database: String, ledger: String = "harecon_ledger", region: String? = nil,
    environment: [String: String], logger: Logger = Logger(label: "harecon.replay")
  ) async throws(ReplayError) {
    let ledger = try Ledger(ledger)
    var environment = environment
    // A commit that got through must not be sent again, and what may be repeated this client repeats itself.
    environment["AWS_MAX_ATTEMPTS"] = "1"
    let aws = try await AWS.connect(for: "replay", region, environment, logger)
    self.init(DataAPI(aws: aws, cluster: cluster, secret: secret, database: database, ledger: ledger))
  }

  init(_ api: DataAPI) {
    self.api = api
    ledger = api.ledger
  }
}

extension DataAPITarget: Target {
  func begin(within time: Duration) async throws(TargetError) -> any Session {
    let deadline = ContinuousClock.now + time
    return DataAPISession(api: api, transaction: try await api.begin(by: deadline), deadline: deadline)
  }

  func make(within time: Duration) async throws(TargetError) {
    let deadline = ContinuousClock.now + time
    for sql in ledger.making {
      do throws(TargetError) {
        _ = try await api.execute(Statement(sql), in: nil, by: deadline)
      } catch  where error.saysMadeByAnother {
        // Then it is there.
        continue
      }
    }
  }

  func settle(id: String, xid: String?, within time: Duration) async throws(TargetError) -> Settled {
    let statement = Statement(ledger.settling, ["id": .text(id), "xid": xid.map { .text($0) } ?? .null])
    let row = try await api.execute(statement, in: nil, by: ContinuousClock.now + time)
    guard row.count == 2, let seen = row[0].longValue else { throw .unreadable }
    return Settled(seen: seen, status: row[1].stringValue)
  }
}

private struct DataAPISession: Session {
  let api: DataAPI
  let transaction: String
  let deadline: ContinuousClock.Instant

  func enter(id: String, bodyHash: String) async throws(TargetError) -> Entered {
    let statement = Statement(api.ledger.entering, ["id": .text(id), "body": .text(bodyHash)])
    let row = try await api.execute(statement, in: transaction, by: deadline)
    guard row.count == 3, let seen = row[0].longValue, let body = row[1].stringValue, let xid = row[2].stringValue
    else { throw .unreadable }
    return Entered(seen: seen, body: body, xid: xid)
  }

  func execute(_ statement: Statement) async throws(TargetError) {
    _ = try await api.execute(statement, in: transaction, by: deadline)
  }

  func commit() async throws(TargetError) -> String? {
    try await api.commit(transaction, by: deadline)
    // The Data API passes no warnings on; Aurora's storage needs no standby to confirm.
    return nil
  }

  func rollBack() async throws(TargetError) {
    // The attempt's own time may be over, and that is when it matters.
    try await api.rollBack(transaction, by: ContinuousClock.now + .seconds(2))
  }
}

extension TargetError {
  fileprivate static let unreadable = TargetError("the ledger's answer makes no sense", code: "UnreadableAnswer")
}

extension AWS {
  /// A client for an application: at no pace but its own.
  static func connect(
    for purpose: String, _ region: String?, _ environment: [String: String], _ logger: Logger
  ) async throws(ReplayError) -> AWS {
    var settings = ClientSettings(
      environment: environment, home: environment["HOME"], region: region, logger: logger)
    settings.userAgent = "harecon-\(purpose)"
    // This client has its own bounds: the rates for harecon's control calls are far below an application's.
    settings.paces = .unlimited
    settings.deadlines = Deadlines(connect: .seconds(2), total: .seconds(60), idle: .seconds(50))
    do throws(CallError) {
      return try await AWS.connect(settings)
    } catch {
      throw .invalid(error.message)
    }
  }
}
