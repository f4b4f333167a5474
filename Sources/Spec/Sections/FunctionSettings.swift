// SPDX-License-Identifier: Apache-2.0

/// How the stack's own Lambda functions run.
package struct FunctionSettings: Sendable {
  @Located package var runtime: FunctionRuntime
  @Located package var memory: Int
  @Located package var architecture: FunctionArchitecture
  @Located package var databaseAuthorities: String?

  package init() {}
}

package enum FunctionRuntime: String, Choice {
  case python311 = "python3.11"
  case python312 = "python3.12"
  case python313 = "python3.13"

  /// From when on AWS patches it no more, makes no new function with it, and updates none.
  ///
  /// From the table of runtimes in the Lambda Developer Guide.
  package var deprecation: (patches: Day, creation: Day, updates: Day) {
    switch self {
    case .python311: (Day(2027, 6, 30), Day(2027, 7, 31), Day(2027, 8, 31))
    case .python312: (Day(2028, 10, 31), Day(2028, 11, 30), Day(2029, 1, 10))
    case .python313: (Day(2029, 6, 30), Day(2029, 7, 31), Day(2029, 8, 31))
    }
  }

  package var meaning: String { "AWS supports it until \(deprecation.patches)" }
}

package enum FunctionArchitecture: String, Choice {
  case arm64
  case x86 = "x86_64"

  package var meaning: String {
    switch self {
    case .arm64: "Graviton, which costs a fifth less"
    case .x86: "x86"
    }
  }
}

extension FunctionSettings: Section {
  package static let fields: [Field<FunctionSettings>] = [
    .defaulted(
      "runtime", \.$runtime, .choice, .python313,
      "The Python that they run on. Their code is the same for all three."),
    .defaulted(
      "memory", \.$memory, .integer(128...10_240), 256,
      "Memory of each function in MiB; its share of a processor grows with it."),
    .defaulted(
      "architecture", \.$architecture, .choice, .arm64, "The processor that they run on."),
    .optional(
      "databaseAuthorities", \.$databaseAuthorities, .certificates,
      """
      Who may sign the certificates of the database's members: those functions that log in to it trust these alone. Without \
      it they trust what Lambda's runtimes do, among them the authorities of RDS; those of a new region may come there four \
      weeks late. AWS publishes each region's at https://truststore.pki.rds.amazonaws.com, for example in \
      us-east-1/us-east-1-bundle.pem.
      """, example: #""-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n""#),
  ]
}
