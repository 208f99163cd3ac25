// Names that HAProxy 2.6 knows and that have no meaning here: HTTP, FastCGI, FIX, device detection.
// They get a message of their own, so that nobody searches for a typing mistake.

const FETCHES = wordsOf(`
  base base32 base32+src base_beg base_dir base_dom base_end base_len base_reg base_sub baseq
  bc_dst bc_dst_port bc_err bc_err_str bc_http_major bc_src bc_src_port be_server_timeout
  be_tunnel_timeout capture.req.hdr capture.req.method capture.req.uri capture.req.ver
  capture.res.hdr capture.res.ver cook cook_beg cook_cnt cook_dir cook_dom cook_end cook_len
  cook_reg cook_sub cook_val cookie cpu_calls cpu_ns_avg cpu_ns_tot cur_server_timeout
  cur_tunnel_timeout date_us distcc_body distcc_param dst_conn fc_dst fc_dst_is_local fc_dst_port
  fc_err fc_err_str fc_fackets fc_http_major fc_lost fc_pp_authority fc_pp_unique_id fc_rcvd_proxy
  fc_reordering fc_retrans fc_rtt fc_rttvar fc_sacked fc_src fc_src_is_local fc_src_port
  fc_unacked fcgi.docroot fcgi.index fe_client_timeout fe_defbe fe_req_rate hdr hdr_beg hdr_cnt
  hdr_dir hdr_dom hdr_end hdr_ip hdr_len hdr_reg hdr_sub hdr_val http_auth http_auth_bearer
  http_auth_group http_auth_pass http_auth_type http_auth_user http_first_req internal.htx.data
  internal.htx.free internal.htx.free_data internal.htx.has_eom internal.htx.nbblks
  internal.htx.size internal.htx.used internal.htx_blk.data internal.htx_blk.hdrname
  internal.htx_blk.hdrval internal.htx_blk.size internal.htx_blk.start_line internal.htx_blk.type
  internal.strm.is_htx last_rule_file last_rule_line lat_ns_avg lat_ns_tot meth method path
  path_beg path_dir path_dom path_end path_len path_reg path_sub pathq prio_class prio_offset
  query rdp_cookie rdp_cookie_cnt req.body req.body_len req.body_param req.body_size req.cook
  req.cook_cnt req.cook_val req.fhdr req.fhdr_cnt req.hdr req.hdr_cnt req.hdr_ip req.hdr_names
  req.hdr_val req.hdrs req.hdrs_bin req.proto_http req.rdp_cookie req.rdp_cookie_cnt
  req.ssl_st_ext req.ver req_proto_http req_rdp_cookie req_rdp_cookie_cnt req_ver res.body
  res.body_len res.body_size res.cache_hit res.cache_name res.comp res.comp_algo res.cook
  res.cook_cnt res.cook_val res.fhdr res.fhdr_cnt res.hdr res.hdr_cnt res.hdr_ip res.hdr_names
  res.hdr_val res.hdrs res.hdrs_bin res.ver resp_ver scook scook_beg scook_cnt scook_dir scook_dom
  scook_end scook_len scook_reg scook_sub scook_val shdr shdr_beg shdr_cnt shdr_dir shdr_dom
  shdr_end shdr_ip shdr_len shdr_reg shdr_sub shdr_val so_id so_name srv_iweight srv_uweight
  ssl_bc_alg_keysize ssl_bc_client_random ssl_bc_err ssl_bc_err_str ssl_bc_npn
  ssl_bc_server_random ssl_bc_session_id ssl_bc_session_key ssl_bc_unique_id ssl_bc_use_keysize
  ssl_c_ca_err ssl_c_ca_err_depth ssl_c_chain_der ssl_c_err ssl_c_version ssl_f_der ssl_f_i_dn
  ssl_f_key_alg ssl_f_notafter ssl_f_notbefore ssl_f_s_dn ssl_f_serial ssl_f_sha1 ssl_f_sig_alg
  ssl_f_version ssl_fc_alg_keysize ssl_fc_cipherlist_bin ssl_fc_cipherlist_hex
  ssl_fc_cipherlist_str ssl_fc_cipherlist_xxh ssl_fc_client_early_traffic_secret
  ssl_fc_client_handshake_traffic_secret ssl_fc_client_random ssl_fc_client_traffic_secret_0
  ssl_fc_early_exporter_secret ssl_fc_ecformats_bin ssl_fc_eclist_bin ssl_fc_err ssl_fc_err_str
  ssl_fc_exporter_secret ssl_fc_extlist_bin ssl_fc_has_early ssl_fc_npn ssl_fc_protocol_hello_id
  ssl_fc_server_handshake_traffic_secret ssl_fc_server_random ssl_fc_server_traffic_secret_0
  ssl_fc_session_id ssl_fc_session_key ssl_fc_unique_id ssl_fc_use_keysize ssl_s_chain_der
  ssl_s_der ssl_s_i_dn ssl_s_key_alg ssl_s_notafter ssl_s_notbefore ssl_s_s_dn ssl_s_serial
  ssl_s_sha1 ssl_s_sig_alg ssl_s_version status stopping unique-id url url32 url32+src url_beg
  url_dir url_dom url_end url_ip url_len url_param url_port url_reg url_sub urlp urlp_beg urlp_dir
  urlp_dom urlp_end urlp_len urlp_reg urlp_sub urlp_val uuid
`);

const CONVERTERS = wordsOf(`
  add_item aes_gcm_dec capture-req capture-res cut_crlf digest fix_is_valid fix_tag_value hmac
  host_only http_date json json_query jwt_header_query jwt_payload_query jwt_verify language ltime
  map_regm nbsrv port_only protobuf secure_memcmp set-var srv_queue strcmp ub64dec ub64enc ungrpc
  unset-var url_enc utime xxh3 xxh32 xxh64
`);

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Whether HAProxy has a fetch of this name that is not served here. */
export function isUnservedFetch(name: string): boolean {
  return FETCHES.has(name) || name.startsWith("lua.");
}

/** Whether HAProxy has a converter of this name that is not served here. */
export function isUnservedConverter(name: string): boolean {
  return CONVERTERS.has(name) || name.startsWith("lua.");
}
