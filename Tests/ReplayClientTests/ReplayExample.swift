// SPDX-License-Identifier: Apache-2.0

// example
import Foundation
import ReplayClient

func pay(_ cents: Int, from account: String, id: String) async throws -> Outcome {
  let target = try await DataAPITarget(
    cluster: "arn:aws:rds:us-east-1:111122223333:cluster:payments",
    secret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:payments/app",
    database: "payments", region: "us-east-1", environment: ProcessInfo.processInfo.environment)
  let replay = try await Replay(folder: "/var/lib/payments/replay", target: target)
  let debit = Statement(
    "update account set cents = cents - :n where id = :id", ["n": .integer(cents), "id": .uuid(account)])
  return try await replay.submit(Transaction(id: id, key: account, statements: [debit]))
}
// end of the example
