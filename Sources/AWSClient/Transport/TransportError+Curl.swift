// SPDX-License-Identifier: Apache-2.0

internal import CCurl

extension TransportError {
  /// What libcurl's result means to a caller. `progress` is what the handle says; failures that can only happen before the
  /// request leaves are `notSent` whatever it says.
  static func curl(_ code: CURLcode, _ progress: Progress, host: String) -> TransportError {
    let reason = String(cString: curl_easy_strerror(code))
    func error(_ cause: Cause, _ progress: Progress, _ text: String) -> TransportError {
      TransportError(cause, progress, text)
    }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return error(.nameResolution, .notSent, "the name \"\(host)\" does not resolve; check the region and the network")
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(.proxy, .notSent, "the name of the proxy does not resolve; check HTTPS_PROXY")
    case CURLE_COULDNT_CONNECT:
      return error(.connect, .notSent, "\"\(host)\" does not accept connections")
    case CURLE_PROXY:
      return error(.proxy, .notSent, "the proxy does not lead to \"\(host)\"; check HTTPS_PROXY")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
      return error(
        .tls, .notSent,
        "the certificate of \"\(host)\" is not trusted; if a proxy of yours signs it, name its authority in AWS_CA_BUNDLE"
      )
    case CURLE_SSL_CACERT_BADFILE:
      return error(.tls, .notSent, "the file of certificate authorities cannot be read; check AWS_CA_BUNDLE")
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CRL_BADFILE:
      return error(.tls, progress, "no secure connection to \"\(host)\": \(reason)")
    case CURLE_OPERATION_TIMEDOUT:
      let phase = progress == .sent ? "did not answer in time" : "could not be reached in time"
      return error(.timeout, progress, "\"\(host)\" \(phase)")
    case CURLE_RECV_ERROR where progress == .notSent:
      // libcurl's answer to a CONNECT that the proxy refuses, and to a peer that leaves during the handshake.
      return error(.proxy, .notSent, "the way to \"\(host)\" was closed before the request left")
    case CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND:
      // The second is libcurl's wish to send it again on another connection, which `Transfer` does not let it.
      return error(.reset, progress, "\"\(host)\" closed the connection without an answer")
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      return error(.refused, .notSent, "\"\(host)\" is not an address that can be called")
    default:
      return error(.reset, progress, "the connection to \"\(host)\" broke: \(reason)")
    }
  }
}
