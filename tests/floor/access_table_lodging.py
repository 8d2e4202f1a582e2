"""Who may open what of free lodging; the visitors are those of access_table.py."""

TABLE = """
                                nobody owner  other  clerk  lodgi  first  elsew  second appro  finan  admin  audit
GET  lodging                    200    200    200    200    200    200    200    200    200    200    200    200
GET  lodging_sites              200    200    200    200    200    200    200    200    200    200    200    200
GET  lodging_site               200    200    200    200    200    200    200    200    200    200    200    200
GET  lodging_photo              200    200    200    200    200    200    200    200    200    200    200    200
GET  lodging_booking            302    404    404    404    404    404    404    404    404    404    404    404
POST lodging_booking            302    404    404    404    404    404    404    404    404    404    404    404
GET  lodging_waiting            302    404    404    404    404    404    404    404    404    404    404    404
POST lodging_waiting            302    404    404    404    404    404    404    404    404    404    404    404
GET  own_stay                   302    200    404    404    404    404    404    404    404    404    404    404
POST own_stay                   302    422    404    404    404    404    404    404    404    404    404    404
GET  bar_reconsideration        302    200    404    404    404    404    404    404    404    404    404    404
POST bar_reconsideration        302    422    404    404    404    404    404    404    404    404    404    404
GET  partner_lodging            302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_arrival            302    404    404    404    404    404    404    404    404    404    404    404
POST partner_arrival            302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_stay               302    404    404    404    404    404    404    404    404    404    404    404
POST partner_stay               302    404    404    404    404    404    404    404    404    404    404    404
GET  desk_bars                  302    404    404    200    200    200    200    200    200    404    200    200
GET  desk_bar                   302    404    404    200    200    200    404    200    200    404    200    200
POST desk_bar                   302    404    404    404    404    422    404    404    422    404    404    404
GET  desk_stay                  302    404    404    200    200    200    404    200    200    404    200    200
POST desk_stay                  302    404    404    422    422    422    404    422    422    404    422    404

GET  partner_settlements        302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_settlement         302    404    404    404    404    404    404    404    404    404    404    404
POST partner_settlement_sign    302    404    404    404    404    404    404    404    404    404    404    404
POST partner_settlement_file    302    404    404    404    404    404    404    404    404    404    404    404
GET  desk_settlements           302    404    404    404    404    404    404    404    200    200    200    200
POST desk_settlements           302    404    404    404    404    404    404    404    422    404    404    404
GET  desk_settlement            302    404    404    404    404    404    404    404    200    200    200    200
POST desk_settlement_sign       302    404    404    404    404    404    404    404    302    404    404    404
POST desk_settlement_back       302    404    404    404    404    404    404    404    422    404    404    404
POST desk_settlement_file       302    404    404    404    404    404    404    404    200    200    200    200

GET  desk_sites                 302    404    404    200    200    200    200    200    200    404    200    200
GET  desk_site                  302    404    404    200    200    200    200    200    200    404    200    200
GET  desk_site_calendar         302    404    404    200    200    200    200    200    200    404    200    200
GET  desk_site_new              302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_new              302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_edit             302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_edit             302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_rate             302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_rate             302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_photo_new        302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_photo_new        302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_room_new         302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_room_new         302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_room             302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_room             302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_bed              302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_bed              302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_site_bed_close        302    404    404    404    404    404    404    404    404    404    200    404
POST desk_site_bed_close        302    404    404    404    404    404    404    404    404    404    422    404
POST desk_site_photo            302    404    404    404    404    404    404    404    404    404    302    404
POST desk_site_closure          302    404    404    404    404    404    404    404    404    404    302    404
POST desk_site_bed_retire       302    404    404    404    404    404    404    404    404    404    302    404

GET  api_lodging_sites          200    200    200    200    200    200    200    200    200    200    200    200
GET  api_lodging_booking        401    404    404    404    404    404    404    404    404    404    404    404
POST api_lodging_booking        401    404    404    404    404    404    404    404    404    404    404    404
POST api_lodging_waiting        401    404    404    404    404    404    404    404    404    404    404    404
POST api_lodging_offer          401    404    404    404    404    404    404    404    404    404    404    404
"""
