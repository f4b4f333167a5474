// SPDX-License-Identifier: Apache-2.0

/// The one customer key that everything of the stack is encrypted with.
package struct Encryption: Sendable {
  @Located package var rotateEvery: Duration
  @Located package var deletionWindow: Duration

  package init() {}
}

extension Encryption: Section {
  package static let fields: [Field<Encryption>] = [
    .defaulted(
      "rotateEvery", \.$rotateEvery, .duration, .days(365),
      "How often KMS rotates the key's material, 90 to 2560 days. What is already encrypted stays readable."),
    .defaulted(
      "deletionWindow", \.$deletionWindow, .duration, .days(30),
      """
      How long KMS keeps the key after `destroy`, 7 to 30 days. Snapshots that outlive the stack cannot be read without \
      it.
      """),
  ]
}
