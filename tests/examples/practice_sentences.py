"""Sentences as people write them about practice: nobody is in them, and every one may leave."""

from __future__ import annotations

SENTENCES = """
Supervision records now show the child's daily life more often than they did in the spring.
In 34 of 41 audits the voice of the child was recorded in their own words.
Fathers were spoken to in fewer than half of the assessments, and we want to learn how others changed that.
We offer two half-day workshops on chronologies for team managers in other authorities.
Reflective supervision went from monthly to every three weeks in our assessment service.
Management oversight is stronger since we introduced a short template for case directions.
Our Practice Week in October looked at neglect, and 60 practitioners took part.
Plans are SMART more often, but contingency planning is still thin.
Auditors from Camden and Barnet moderated 20 of our audits and agreed with 17 grades.
Since 2025-26 every audit includes a conversation with the social worker and, where possible, the parent.
We saw more direct work with siblings, using tools such as Three Houses and Words and Pictures.
Good audits describe impact; weaker ones list what was done.
The Signs of Safety approach is used well at the start of work and less so at review.
Re-audits after six months found that 9 of 12 cases had improved by at least one grade.
MASH decisions are timely, and thresholds are understood by partner agencies.
Strategy discussions were held within a working day, with police and health present.
We ask whether another authority has reduced drift in pre-proceedings, and how.
Care leavers told us that pathway plans were written for the service and not with them.
Our IROs raise practice alerts earlier, and most are resolved informally.
Children in Need plans ended sooner where the Family Group Conference came first.
The quality of analysis fell in Q2, when caseloads rose above 20.
Working Together 2023 changed how we think about lead practitioners.
What worked: a named manager, one page of guidance, and peer observation every month.
Domestic abuse was named, but its effect on children was explored in only a third of audits.
Life story work is begun too late; we have trained 45 carers and workers this year.
Health visitors and school nurses join our moderation panel twice a year.
In the second quarter the share of audits that were good or better rose from 58% to 66%.
An audit tool for supervision can be shared with anybody who asks.
Section 47 enquiries are proportionate, and their outcome is explained to families.
Ofsted described the feedback loop as a strength at the focused visit.
Children aged 5 to 9 were seen alone more often than teenagers.
Young people said they want the same worker for longer than 12 months.
We have learned that a 90-day plan with three goals works better than a long list.
Audits of unborn babies show good joint planning with midwives.
Neglect was recognised late where the Graded Care Profile had not been used.
Recording of identity, culture and faith has improved since the Black Practice Forum began.
Our QA framework was refreshed, and its seven domains match those of the alliance.
Practitioners value the 4R meeting: reflect, review, respond, resolve.
The LADO and the virtual school both contributed to this theme.
Partnership working with CAMHS is graded lower than any other domain.
We will host a peer challenge in the autumn on the edge of care.
Case summaries were missing in 11 of 30 files; a monthly check by business support helped.
Parents felt listened to, though letters were hard to read.
Foster carers asked for earlier notice of reviews, which is now given 20 working days ahead.
North Central London authorities use the same grade descriptors.
Learning circles reach about 70% of staff, including night workers and agency staff.
Decisions at the legal gateway are clear, and so is the reason for them.
More than 1,200 children were open to the service when the sample was drawn.
Chronologies are up to date in 8 out of 10 cases, compared with 5 out of 10 a year ago.
Hackney's approach to systemic supervision inspired our pilot.
This quarter we audited 48 cases across the whole service, of which 12 were moderated.
A family told us: "You asked what we wanted, and then you did it."
Managers may overrule a grade only with a written reason.
From April we will audit permanence planning before the second review.
Mark-ups of grades after moderation fell from nine to two.
Will you share your induction programme for newly qualified workers (ASYE)?
Hope and ambition for children in care run through the best plans.
The Children Act 1989 sets the welfare checklist that auditors use.
Multi-agency audits are jointly led by police, health and education.
In May, June and July we looked at contact arrangements; a third were out of date.
Early Help assessments are clearer about who does what by when.
We reduced the average time from referral to assessment from 48 to 39 working days.
""".strip().splitlines()
