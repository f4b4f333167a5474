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

extension Objectives: Section {
  package static let fields: [Field<Objectives>] = [
    .defaulted(
      "detectWithin", \.$detectWithin, .duration, .seconds(30),
      "The longest time from the writer's failure to the moment that it is noticed."),
    .defaulted(
      "failoverWithin", \.$failoverWithin, .duration, .minutes(2),
      "The longest time from the writer's failure to the moment that clients write again."),
    .defaulted(
      "dataLoss", \.$dataLoss, .choice, .none,
      """
      How much acknowledged data may be lost. Aurora acknowledges a commit when four of six copies in three zones have \
      it, so a promoted reader has every one of them.
      """),
  ]
}
