/* channel_expect.h - what each payload becomes by the description that ships for its platform: rows of a table. */
{"mailgun.yaml", "", "mailgun_inbound_parsed.form.json", FORM,
 "message\n"
 "sender=from+test@example.org\n"
 "name=Displayed From\n"
 "subject=Test subject\n"
 "text=Test body plain\n"
 "fresh=stripped plaintext body\n"
 "thread=CAEPk3R+4Zr@mail.example.org\n"
 "message_id=CAEPk3R+4Zr@mail.example.org\n"
 "return_to=from+test@example.org\n"
 "at=1507771864000\n"},
    {"mailgun.yaml", "", "mailgun_inbound_mime.form.json", FORM,
     "message\n"
     "sender=envelope-from@example.org\n"
     "message_id=06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0\n"
     "return_to=envelope-from@example.org\n"
     "mail=From: A tester <...\n"
     "at=1461261330000\n"},
    {"mailgun.yaml", "", "mailgun_inbound_store_action.form.json", FORM,
     "message\n"
     "sender=envelope-from@example.org\n"
     "text=Test body plain\n"
     "fresh=Test body plain\n"
     "message_id=06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0\n"
     "return_to=envelope-from@example.org\n"
     "at=1461261330000\n"
     "file=attachment.pdf|application/pdf|20202\n"},
    {"sendgrid.yaml", "", "sendgrid_inbound_parsed.form.json", FORM,
     "message\n"
     "sender=from+test@example.org\n"
     "name=Displayed From\n"
     "subject=Test subject\n"
     "text=Test body plain\n"
     "fresh=Test body plain\n"
     "thread=CAEPk3R+4Zr@mail.example.org\n"
     "message_id=CAEPk3R+4Zr@mail.example.org\n"
     "return_to=from+test@example.org\n"
     "at=1507771864000\n"},
    {"sendgrid.yaml", "", "sendgrid_inbound_mime.form.json", FORM,
     "message\n"
     "sender=test@example.org\n"
     "name=A tester\n"
     "subject=Raw MIME test\n"
     "return_to=test@example.org\n"
     "mail=From: A tester <...\n"},
    {"sendgrid.yaml", "", "sendgrid_inbound_mixed_charsets.multipart.bin", "multipart/form-data; boundary=xYzZY",
     "message\n"
     "sender=sender@example.com\n"
     "name=Opérateur de test\n"
     "subject=Como usted pidió\n"
     "text=Test the ESP’s inbound charset handling…\n"
     "fresh=Test the ESP’s inbound charset handling…\n"
     "message_id=sender@example.com Fri, 24 Jul 2020 16:43:46 UTC\n"
     "return_to=sender@example.com\n"
     "at=1595609026000\n"},
    {"postmark.yaml", "", "postmark_inbound.json", JSON,
     "message\n"
     "sender=from+test@example.org\n"
     "name=Displayed From\n"
     "subject=Test subject\n"
     "text=Test body plain\n"
     "fresh=stripped plaintext body\n"
     "thread=CAEPk3R+4Zr@mail.example.org\n"
     "message_id=CAEPk3R+4Zr@mail.example.org\n"
     "return_to=from+test@milter.example.org\n"
     "at=1507771864000\n"},
    {"postmark.yaml", "", "postmark_vacation.json", JSON, "ignored: a machine wrote it\n"},
    {"twilio-sms.yaml", "account: AC1, from: '+49301'", "twilio_sms.form.json", FORM,
     "message\n"
     "sender=+4915112345678\n"
     "text=Wo bleibt mein Paket? Grüße & Dank, 100 %\n"
     "thread=+4915112345678 +493012345678\n"
     "message_id=SM00000000000000000000000000000001\n"
     "return_to=+4915112345678\n"},
    {"twilio-sms.yaml", "account: AC1, from: '+49301'", "twilio_sms_picture.form.json", FORM,
     "message\n"
     "sender=+4915112345678\n"
     "text=(image/jpeg)\n"
     "thread=+4915112345678 +493012345678\n"
     "message_id=MM00000000000000000000000000000002\n"
     "return_to=+4915112345678\n"},
    {"twilio-sms.yaml", "account: AC1, from: '+49301'", "twilio_sms_status.form.json", FORM,
     "receipt SM00000000000000000000000000000009=failed (30005) at=0\n"},
    {"twilio-voice.yaml", "dial: '+4930', callback: 'https://x.example'", "twilio_voice_ringing.form.json", FORM,
     "message\n"
     "sender=+4915112345678\n"
     "name=ANN EXAMPLE\n"
     "subject=Call from +4915112345678\n"
     "text=Call from +4915112345678: ringing\n"
     "thread=CA00000000000000000000000000000001\n"
     "message_id=CA00000000000000000000000000000001 ringing\n"
     "call_person=+493012345678\n"
     "call=ringing\n"},
    {"twilio-voice.yaml", "dial: '+4930', callback: 'https://x.example'", "twilio_voice_answered.form.json", FORM,
     "message\n"
     "sender=+4915112345678\n"
     "name=ANN EXAMPLE\n"
     "subject=Call from +4915112345678\n"
     "text=Call from +4915112345678: in-progress\n"
     "thread=CA00000000000000000000000000000001\n"
     "message_id=CA00000000000000000000000000000002 in-progress\n"
     "call_person=+493099999\n"
     "at=1795291380000\n"
     "call=answered\n"},
    {"twilio-voice.yaml", "dial: '+4930', callback: 'https://x.example'", "twilio_voice_abandoned.form.json", FORM,
     "message\n"
     "sender=+4915112345678\n"
     "name=ANN EXAMPLE\n"
     "subject=Call from +4915112345678\n"
     "text=Call from +4915112345678: no-answer\n"
     "thread=CA00000000000000000000000000000001\n"
     "message_id=CA00000000000000000000000000000001 no-answer\n"
     "call_person=+493012345678\n"
     "at=1795291440000\n"
     "call=abandoned\n"},
    {"twilio-voice.yaml", "dial: '+4930', callback: 'https://x.example'", "twilio_voice_ended.form.json", FORM,
     "message\n"
     "sender=+4915112345678\n"
     "name=ANN EXAMPLE\n"
     "subject=Call from +4915112345678\n"
     "text=Call from +4915112345678: completed\n"
     "thread=CA00000000000000000000000000000001\n"
     "message_id=CA00000000000000000000000000000001 completed\n"
     "call_person=+493012345678\n"
     "at=1795291500000\n"
     "call=ended\n"},
    {"whatsapp-cloud.yaml", "number_id: '555'", "whatsapp_cloud_text.json", JSON,
     "message\n"
     "sender=+16315551234\n"
     "name=Kerry Fisher\n"
     "text=Hello this is an answer\n"
     "thread=27681414235104944 16315551234\n"
     "message_id=wamid.ABGGFlCGg0cvAgo-sJQh43L5Pe4W\n"
     "at=1603059201000\n"},
    {"whatsapp-cloud.yaml", "number_id: '555'", "whatsapp_cloud_several.json", JSON,
     "message\n"
     "sender=+4915100000002\n"
     "name=Ben\n"
     "text=So sieht es aus\n"
     "thread=555 4915100000002\n"
     "message_id=wamid.B1\n"
     "at=1700000001000\n"
     "file=|image/jpeg|0\n"
     "message\n"
     "sender=+4915100000001\n"
     "name=Ann\n"
     "text=(rechnung.pdf)\n"
     "thread=555 4915100000001\n"
     "message_id=wamid.A1\n"
     "at=1700000002000\n"
     "file=rechnung.pdf|application/pdf|0\n"
     "ignored: no words: a reaction, or a notice of the platform\n"
     "message\n"
     "sender=+4915100000003\n"
     "name=Cem\n"
     "text=Ja, bitte\n"
     "thread=555 4915100000003\n"
     "message_id=wamid.C1\n"
     "at=1700000004000\n"},
    {"whatsapp-cloud.yaml", "number_id: '555'", "whatsapp_cloud_statuses.json", JSON,
     "receipt wamid.OUT1=delivered () at=1700000010000\n"
     "receipt wamid.OUT2=failed (More than 24 hours have passed) at=1700000011000\n"},
    {"messenger.yaml", "", "messenger_events.json", JSON,
     "receipt m_2=delivered () at=1458692752480\n"
     "receipt m_3=delivered () at=1458692752480\n"
     "message\n"
     "sender=PSID\n"
     "text=hello, world!\n"
     "thread=PAGE PSID\n"
     "message_id=m_1\n"
     "at=1458692752478\n"
     "ignored: what the page itself said\n"
     "ignored: it was delivered\n"
     "ignored: it was read\n"
     "message\n"
     "sender=PSID\n"
     "text=Get help\n"
     "thread=PAGE PSID\n"
     "message_id=m_4\n"
     "at=1458692752482\n"},
    {"messenger.yaml", "", "messenger_sticker_message.json", JSON,
     "message\n"
     "sender=1606015496154680\n"
     "text=(image)\n"
     "thread=430311617404468 1606015496154680\n"
     "message_id=mid.$cAADHPVJEDStnxdJQ-VhlI0IqAqYu\n"
     "file=|image|0\n"},
    {"slack.yaml", "", "slack_message.json", JSON,
     "message\n"
     "sender=U1\n"
     "text=Der Drucker druckt nicht\n"
     "thread=1700000000.000100\n"
     "message_id=C1 1700000000.000100\n"
     "return_to=C1\n"
     "at=1700000000000\n"},
    {"slack.yaml", "", "slack_reply.json", JSON,
     "message\n"
     "sender=U1\n"
     "text=Immer noch nicht\n"
     "thread=1700000000.000100\n"
     "message_id=C1 1700000060.000200\n"
     "return_to=C1\n"
     "at=1700000060000\n"},
    {"slack.yaml", "", "slack_bot.json", JSON, "ignored: a bot wrote it\n"},
    {"slack.yaml", "", "slack_event_callback_wrapper.json", JSON, "ignored: no message\n"},
    {"intercom.yaml", "admin: '1'", "intercom_conversation_user_created.json", JSON,
     "message\n"
     "sender=5c9553cb27e377f24eed49f7\n"
     "name=Rose Poodle from St. John's\n"
     "text=Hello everyone!\n"
     "thread=21321941764\n"
     "message_id=notif_3ac27816-d27c-45fd-a65a-bbaf021cf780\n"
     "return_to=21321941764\n"
     "at=1553290198000\n"},
    {"intercom.yaml", "admin: '1'", "intercom_conversation_user_replied.json", JSON,
     "message\n"
     "sender=user@example.com\n"
     "name=Sample User\n"
     "text=Well, I need some help getting access to a developer account.\n"
     "thread=21322009097\n"
     "message_id=notif_2c71fff0-65ef-46be-bbfe-dbf637bbff15\n"
     "return_to=21322009097\n"
     "at=1553291308000\n"},
    {"intercom.yaml", "admin: '1'", "intercom_conversation_admin_assigned.json", JSON,
     "ignored: not a customer's message\n"},
    {"zendesk.yaml", "subdomain: x, agent: a", "zendesk_ticket_create_update.json", JSON,
     "message\n"
     "sender=testerzulip\n"
     "name=testerzulip\n"
     "subject=Hello world\n"
     "text=----------------------------------------------\n"
     "\n"
     "Apoorva Pendse, Feb 3, 2025, 19:59\n"
     "\n"
     "I am writing this to create a ticket.\n"
     "thread=7\n"
     "message_id=invocation-1\n"
     "return_to=7\n"},
    {"zendesk.yaml", "subdomain: x, agent: a", "zendesk_with_comment.json", JSON,
     "message\n"
     "sender=kim@example.org\n"
     "name=Kim\n"
     "subject=Hello world\n"
     "text=Still broken.\n"
     "fresh=Still broken.\n"
     "thread=7\n"
     "message_id=invocation-1\n"
     "return_to=7\n"},
    {"zendesk.yaml", "subdomain: x, agent: a", "zendesk_agent.json", JSON, "ignored: an agent wrote it\n"},
    {"web-form.yaml", "", "web_form.form.json", FORM,
     "message\n"
     "sender=ann@example.org\n"
     "name=Ann  Example\n"
     "subject=Rückfrage\n"
     "text=Guten Tag,\n"
     "wann öffnen Sie?\n"
     "message_id=visit-1\n"
     "language=de-DE\n"},
    {"web-form.yaml", "", "web_form_robot.form.json", FORM,
     "ignored: the field that people do not see was filled in: a robot\n"},
    {"telegram.yaml", "", "telegram_message.json", JSON,
     "message\n"
     "sender=24601\n"
     "name=Ann Example\n"
     "text=Wo bleibt mein Paket?\n"
     "thread=24601\n"
     "message_id=24601 41\n"
     "language=de\n"
     "return_to=24601\n"
     "at=1795291200000\n"},
    {"telegram.yaml", "", "telegram_edited.json", JSON,
     "message\n"
     "sender=24601\n"
     "name=Ann\n"
     "text=Wo bleibt mein Paket 17?\n"
     "thread=24601\n"
     "message_id=24601 41 1795291230\n"
     "return_to=24601\n"
     "at=1795291230000\n"},
    {"telegram.yaml", "", "telegram_document.json", JSON,
     "message\n"
     "sender=24601\n"
     "name=Ann\n"
     "text=(invoice.pdf)\n"
     "thread=-1009 7\n"
     "message_id=-1009 42\n"
     "return_to=-1009\n"
     "at=1795291260000\n"
     "file=invoice.pdf|application/pdf|20202\n"},
    {"telegram.yaml", "", "telegram_button.json", JSON,
     "ignored: no message: a button, a member, a poll or something else\n"},
    {"telegram.yaml", "", "telegram_joined.json", JSON, "ignored: a notice of the chat\n"},
