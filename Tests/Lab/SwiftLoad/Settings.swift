// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// As much of `harecon_lab.application.Settings` as is the application's own business.
struct Settings: Sendable, Decodable {
  /// What its books are named after.
  let client: String
  /// ARNs.
  let cluster: String
  let secret: String
  let database: String
  /// What its transfers' names begin with; another one each time that it is started.
  let run: String
  /// A file.
  let journal: String
  /// A folder.
  let buffer: String
  let seed: Int
  let writers: Int
  /// What a writer does between two transfers takes this many seconds, on average.
  let pause: Double

  /// The schema of its books.
  var bank: String { "bank_\(client)" }

  init(arguments: [String]) throws {
    guard arguments.count == 2 else { throw LoadError("usage: lab-load SETTINGS, a JSON object") }
    self = try JSONDecoder().decode(Settings.self, from: Data(arguments[1].utf8))
  }
}

/// Why the application ends before it has finished.
struct LoadError: Error, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
