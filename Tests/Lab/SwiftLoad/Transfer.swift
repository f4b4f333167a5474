// SPDX-License-Identifier: Apache-2.0

internal import ReplayClient

/// `harecon_lab.bank.Transfer`: it leaves a trace that shows it when it is applied twice.
struct Transfer: Sendable, Hashable, Codable {
  /// `<run>-<writer>-<number>`.
  let name: String
  let source: Int
  let target: Int
  let amount: Int

  /// Those of one writer are applied in its order.
  var key: String { String(name[..<(name.lastIndex(of: "-") ?? name.endIndex)]) }

  /// The accounts in one order, so that no two transfers wait for each other.
  func transaction(in bank: String) -> Transaction {
    let moves = [(source, -amount), (target, amount)].sorted { $0.0 < $1.0 }
    let updates = moves.map { account, amount in
      Statement(
        "update \(bank).account set balance = balance + :amount where id = :account",
        ["amount": .integer(amount), "account": .integer(account)])
    }
    let traces = moves.map { account, amount in
      Statement(
        "insert into \(bank).movement values (:transfer, :account, :amount)",
        ["transfer": .text(name), "account": .integer(account), "amount": .integer(amount)])
    }
    return Transaction(id: name, key: key, statements: updates + traces)
  }
}

/// One writer's, without an end, the same for the same seed.
struct Transfers: Sequence, IteratorProtocol, Sendable {
  /// `harecon_lab.bank.ACCOUNTS`.
  private static let accounts = 60

  private let key: String
  private var chance: Chance
  private var number = 0

  init(run: String, writer: Int, seed: Int) {
    key = "\(run)-\(writer)"
    chance = Chance("\(seed)-\(key)")
  }

  mutating func next() -> Transfer? {
    defer { number += 1 }
    let source = Int.random(in: 0..<Self.accounts, using: &chance)
    let distance = Int.random(in: 1..<Self.accounts, using: &chance)
    return Transfer(
      name: "\(key)-\(number)", source: source, target: (source + distance) % Self.accounts,
      amount: Int.random(in: 1...99, using: &chance))
  }
}

/// SplitMix64, begun with the FNV-1a hash of a text.
private struct Chance: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(_ text: String) {
    state = text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
