// SPDX-License-Identifier: Apache-2.0

/// A profile's settings, names in lower case; nested settings as text, as they stand.
package typealias Profile = [String: String]
