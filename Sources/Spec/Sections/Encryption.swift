// SPDX-License-Identifier: Apache-2.0

/// The one customer key that everything of the stack is encrypted with.
package struct Encryption: Sendable {
  @Located package var rotateEvery: Duration
  @Located package var deletionWindow: Duration

  package init() {}
}
