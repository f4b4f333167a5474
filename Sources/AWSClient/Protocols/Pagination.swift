// SPDX-License-Identifier: Apache-2.0

package import Core

/// How an operation hands out its results page by page, from botocore's `paginators-1.json`.
package struct Pagination: Sendable, Hashable {
  /// Members of the input.
  package let inputTokens: [String]
  /// Where the output says what to put there; dots lead into structures (`EngineDefaults.Marker`).
  package let outputTokens: [String]
  /// The output's member that is true while there is more; nil when the token alone says so.
  package let moreResults: String?
  /// The input's member that sets the size of a page.
  package let limit: String?

  package init(inputTokens: [String], outputTokens: [String], moreResults: String? = nil, limit: String? = nil) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.moreResults = moreResults
    self.limit = limit
  }
}
