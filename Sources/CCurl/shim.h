// SPDX-License-Identifier: Apache-2.0
//
// Variadic functions do not reach Swift: each option type in use has a wrapper here.
#pragma once
#include <curl/curl.h>

static inline CURLcode harecon_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harecon_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harecon_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harecon_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
/// For the body, the header and the read callback, which share one signature but for `const`.
typedef size_t (*harecon_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode harecon_curl_set_data_callback(
    CURL *handle, CURLoption option, harecon_curl_data_callback callback) {
  return curl_easy_setopt(handle, option, callback);
}
static inline CURLcode harecon_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode harecon_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode harecon_curl_get_pointer(CURL *handle, CURLINFO info, char **value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode harecon_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLSHcode harecon_curl_share_set(CURLSH *share, curl_lock_data data) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, data);
}
static inline CURLcode harecon_curl_message_result(const CURLMsg *message) { return message->data.result; }
