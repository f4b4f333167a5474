// SPDX-License-Identifier: Apache-2.0

/// What the stack promises when its writer fails.
package struct Objectives: Sendable {
  @Located package var detectWithin: Duration
  @Located package var failoverWithin: Duration
  @Located package var dataLoss: DataLoss

  package init() {}
}

package enum DataLoss: String, Choice {
  case none

  package var meaning: String {
    switch self {
    case .none: "no acknowledged transaction is lost"
    }
  }
}
