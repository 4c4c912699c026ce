/* policy_builtin.c - what holds where a policy says nothing.
 *
 * The words are plain and warm, and name the particulars: customers hate canned replies that miss them. The
 * slots are template.h's. */
#include "policy_builtin.h"

/* Closes what goes to people: an answer by mail would be words of somebody who is not the customer. */
#define NO_WAY_TO_THE_CUSTOMER "An answer to this message does not reach the customer.\n"

static const policy_target_t accountable[] = {{TELL_ACCOUNTABLE}};
static const policy_target_t all_here[] = {{TELL_OWNER}, {TELL_LEAD}, {TELL_ACCOUNTABLE}};
static const policy_target_t manager[] = {{TELL_MANAGER}};

/* 80 %: who is accountable, the owner or, before anybody has accepted, the duty lead; due: owner and lead, and whoever else
 * is accountable; 10 minutes later: the manager, again and again until acknowledged. Each names somebody at every moment:
 * a step that names nobody would take the next one's time away. */
static const policy_step_t steps[] = {
    {.percent = 80, .tell = accountable, .tell_n = 1},
    {.percent = 100, .tell = all_here, .tell_n = sizeof all_here / sizeof *all_here, .priority = 1},
    {.percent = 100,
     .after_ms = 10 * MS_PER_MINUTE,
     .tell = manager,
     .tell_n = 1,
     .priority = 1,
     .repeat_ms = 10 * MS_PER_MINUTE,
     .repeat_max = 10,
     .urgent = true},
};

const policy_ladder_t policy_builtin_ladder = {POLICY_DEFAULT_LADDER, steps, sizeof steps / sizeof *steps};

const policy_channel_t policy_builtin_channels[] = {
    {"chat", 25, true, false, 20 * MS_PER_SECOND, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK},
    {"phone", 100, true, false, 15 * MS_PER_SECOND, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN},
    {"mail", 10, false, false, 15 * MS_PER_MINUTE, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL},
    {"form", 10, false, false, 15 * MS_PER_MINUTE, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL},
};
const size_t policy_builtin_channels_n = sizeof policy_builtin_channels / sizeof *policy_builtin_channels;

const policy_template_t policy_builtin_templates[POLICY_TEMPLATES] = {
    {"offer", "Can you take this? {subject}",
     "Hello {person},\n"
     "\n"
     "{customer} came by {channel}: {subject}\n"
     "{detail}\n"
     "About them: {about}\n"
     "They wrote: {text}\n"
     "\n"
     "An answer is promised by {due}. Can you take it?\n"
     "Take it: {link_accept}\n"
     "If you can't, decline or let the offer run out: somebody else is asked then. An answer by mail takes nothing.\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"assigned", "Yours now: {subject}",
     "Hello {person},\n"
     "\n"
     "{subject}, from {customer} by {channel}, is yours now.\n"
     "{detail}\n"
     "About them: {about}\n"
     "An answer is promised by {due}.\n"
     "They wrote: {text}\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"message", "{detail}: {subject}",
     "Hello {person},\n"
     "\n"
     "{detail}. It is about: {subject} ({channel})\n"
     "About the customer: {about}\n"
     "An answer is promised by {due}.\n"
     "What was written: {text}\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"step", "{standing}: {promise} by {due}: {subject}",
     "Hello {person},\n"
     "\n"
     "{customer} was promised: {promise} by {due}.\n"
     "It is about: {subject} ({channel}, {state})\n"
     "Owner: {owner}\n"
     "Accountable: {accountable}\n"
     "{detail}\n"
     "They wrote: {text}\n"
     "\n"
     "I see to it: {link_acknowledge}\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"nobody", "Nobody can take this: {subject}",
     "Hello {person},\n"
     "\n"
     "nobody can take this contact of {customer} by {channel}: {subject}\n"
     "{detail}\n"
     "An answer is promised by {due}.\n"
     "Accountable: {accountable}\n"
     "They wrote: {text}\n"
     "\n"
     "I see to it: {link_acknowledge}\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"review", "Nothing has happened for long: {subject}",
     "Hello {person},\n"
     "\n"
     "nothing has happened for long with this contact of {customer}: {subject}\n"
     "It is {state}.\n"
     "Owner: {owner}\n"
     "Accountable: {accountable}\n"
     "Please answer, or resolve it if all is done.\n"
     "I see to it: {link_acknowledge}\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"returned", "The customer did not get it: {subject}",
     "Hello {person},\n"
     "\n"
     "what was sent to {customer} about \"{subject}\" did not arrive.\n"
     "It was {detail}\n"
     "Please reach {customer} in another way, by {due}.\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"acknowledge", "We have your message: {subject}",
     "Hello {customer},\n"
     "\n"
     "thank you for your message.\n"
     "It is about \"{subject}\".\n"
     "{person} takes care of it. You will hear from {person} by {due}.\n"
     "\n"
     "Just answer this message if you want to add something. Your reference is {contact}.\n"},
    {"apology", "We are sorry: {subject}",
     "Hello {customer},\n"
     "\n"
     "we are sorry. We had promised you an answer, and we did not keep our word.\n"
     "It is about \"{subject}\".\n"
     "What we missed: {promise}.\n"
     "{person} looks after it now. You will hear from us by {due}.\n"
     "\n"
     "Your reference is {contact}.\n"},
    {"reply", "Re: {subject}", "{text}\n"},
    {"bundle", "{subject}",
     "Hello {person},\n"
     "\n"
     "these waited for you, and come in one notice:\n"
     "\n"
     "{text}"
     "\n" NO_WAY_TO_THE_CUSTOMER},
    {"set_aside", "Set aside: {subject}",
     "Hello {person},\n"
     "\n"
     "something in the store of {workspace} can't be read or written, and is set aside: {subject}\n"
     "{detail}\n"
     "You are accountable for it until it is mended; all else goes on. 'buckstop audit' names what is wrong.\n"},
    {"unreached", "Nobody could be told: {subject}",
     "Hello {person},\n"
     "\n"
     "a colleague does not know what they should know about this contact of {customer}: {subject}\n"
     "{detail}\n"
     "An answer is promised by {due}.\n"
     "Owner: {owner}\n"
     "Please see to it yourself, or tell them in another way.\n"
     "I see to it: {link_acknowledge}\n"
     "\n"
     "Contact {contact}\n" NO_WAY_TO_THE_CUSTOMER},
    {"taken", "Somebody sees to it: {subject}",
     "{detail} sees to this contact of {customer}: {subject}\n"
     "Contact {contact}\n"},
    {"over", "Over: {subject}",
     "what was told about this contact of {customer} is over: {subject}\n"
     "It is {state}.\n"
     "Contact {contact}\n"},
};
