// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What a command's exit code says; the same numbers for every command.
package enum ExitStatus: Int32, Error, Sendable, CaseIterable {
  /// Done, or nothing to do.
  case done = 0
  case failed = 1
  /// `plan -detailed-exitcode` and `reconcile -mode observe`: there are changes to make.
  case changesPending = 2
  /// A rule forbids what was asked.
  case refused = 3
  /// The spec or the command line is wrong; nothing was called.
  case invalid = 4
  /// Something was done and is not as it should be.
  case checkFailed = 5
  /// Some of it is done; running the same command again continues.
  case incomplete = 6
  /// Reality or the spec has moved since the plan was made, or another writer is at work.
  case stale = 7
  /// What is there under our names is not provably ours.
  case ambiguousOwnership = 8
  /// Credentials or permission.
  case denied = 9

  /// The status that a failed call leads to.
  init(_ error: CallError) {
    switch error.category {
    case .denied: self = .denied
    case .cancelled, .ambiguous: self = .incomplete
    case .notFound, .alreadyExists, .throttled, .conflict, .invalid, .unavailable: self = .failed
    }
  }
}
