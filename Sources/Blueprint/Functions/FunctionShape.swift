// SPDX-License-Identifier: Apache-2.0

internal import Functions
internal import Spec

/// How a function is set up, beside what its spec and its names say.
struct FunctionShape {
  let description: String
  /// Seconds.
  let timeout: Int
  /// Calls at once that are kept free for it and are the most it gets; nil takes from what all functions share.
  let reservedConcurrency: Int?
  /// Seconds that an event may wait for it, and how often a failed one is tried again; nil where nobody calls it
  /// asynchronously.
  let patience: (age: Int, retries: Int)?

  static func of(_ function: StackFunction) -> FunctionShape {
    switch function {
    case .health:
      // Checkers all over the world ask one or two times a second; more than a few at once is no checker.
      FunctionShape(
        description: "answers Route 53 whether the writer does its work", timeout: 3, reservedConcurrency: 5,
        patience: nil)
    case .probe:
      // One loop runs over into the next minute, so that there is no gap between two.
      FunctionShape(
        description: "looks every few seconds whether the writer writes, and wakes the coordinator", timeout: 90,
        reservedConcurrency: 3, patience: (60, 0))
    case .coordinator:
      FunctionShape(
        description: "decides on failovers, sees them through and tells of them", timeout: 300,
        reservedConcurrency: 3, patience: (120, 1))
    case .drainer:
      FunctionShape(
        description: "ends the sessions of a writer that is about to be left", timeout: 60, reservedConcurrency: 2,
        patience: (60, 1))
    case .lagGuard:
      FunctionShape(
        description: "keeps lagging readers from being promoted", timeout: 50, reservedConcurrency: 1,
        patience: (60, 0))
    case .replayWorker:
      FunctionShape(
        description: "applies the transactions that waited for a writer", timeout: 60, reservedConcurrency: 10,
        patience: nil)
    case .backupVerifier:
      FunctionShape(
        description: "proves restored backups by the spec's checks", timeout: 300, reservedConcurrency: 1,
        patience: (3600, 2))
    case .rotateUser:
      FunctionShape(
        description: "rotates the passwords of application users", timeout: 60, reservedConcurrency: 2,
        patience: (3600, 2))
    }
  }
}

extension StackFunction {
  /// Logs in to the database by itself; the others reach it through the Data API, and go on when the network does not.
  var isInNetwork: Bool {
    switch self {
    case .probe, .rotateUser: true
    case .health, .coordinator, .drainer, .lagGuard, .replayWorker, .backupVerifier: false
    }
  }

  /// Decides or does something that the audit log tells of. What the others do is in the database and in metrics.
  var isAudited: Bool {
    switch self {
    case .coordinator, .drainer, .lagGuard, .backupVerifier, .rotateUser: true
    case .health, .probe, .replayWorker: false
    }
  }

  /// Its sources.
  ///
  /// - Parameter authorities: who may sign the database's certificates; nil for those that Lambda's runtimes trust.
  func archive(authorities: String?) -> FunctionArchive {
    switch self {
    case .health: FunctionArchive(.health)
    case .probe: FunctionArchive(.probe, authorities: authorities)
    case .coordinator: FunctionArchive(.coordinator)
    case .drainer: FunctionArchive(.drainer)
    case .lagGuard: FunctionArchive(.lagGuard)
    case .replayWorker: FunctionArchive(.replayWorker)
    case .backupVerifier: FunctionArchive(.backupVerifier)
    case .rotateUser: FunctionArchive(.rotateUser, authorities: authorities)
    }
  }
}
