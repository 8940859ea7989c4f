// Contacts from a file: what is recognised, what would become of the rows, and what became of them.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const FILE = 'Full name;Mobile;Email;Remarks\r\nImported Asha;+91 98400 79001;asha.i@example.com;Prefers calls\r\nImported Ravi;+919840079002;;\r\nImported Nobody;;;\r\n';

export async function imports({ server, guard }) {
  story('Importing contacts');
  const page = await guard.open();
  const form = page.getByRole('form', { name: 'Import contacts' });
  const choose = (text) => page.locator('#import-file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });

  await step('a file that is no list is refused in words, and one that is shows its columns and first rows', page, async () => {
    await page.goto(`${server.origin}/contacts`);
    await page.getByRole('link', { name: 'Import' }).click();
    await page.getByRole('heading', { name: 'Import contacts' }).waitFor();
    await choose('');
    await page.getByText('The file is empty.').waitFor();
    await choose(FILE);
    await page.getByText('3 rows, separated by semicolons, UTF-8').waitFor();
    equal(await form.getByLabel('Mobile').inputValue(), 'phone', 'what a column is');
    const rows = page.getByRole('region', { name: 'The first rows' });
    equal((await rows.locator('tbody tr td:nth-child(2)').allTextContents()).map((one) => one.slice(0, 8)).join(), 'New,New,Left out', 'what would become of them');
    await picture(page, 'import-preview');
  });
  await step('another choice of columns is looked at again', page, async () => {
    await form.getByLabel('Mobile').selectOption('');
    await form.getByLabel('Email').selectOption('');
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByText('The columns need one for the phone or the email').waitFor();
    await form.getByLabel('Mobile').selectOption('phone');
    await form.getByLabel('Email').selectOption('email');
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByRole('button', { name: 'Import 3 rows' }).waitFor();
  });
  await step('the rows are imported, and those that were left out are said and taken away as a file', page, async () => {
    await page.getByRole('button', { name: 'Import 3 rows' }).click();
    await page.getByRole('heading', { name: 'Imported' }).waitFor();
    await page.getByText('Row 4 has neither a number nor an address').waitFor();
    await picture(page, 'import-done');
    const found = async () => (await server.api('GET', '/v1/contacts?q=imported')).json.data.map((one) => one.name).join();
    equal(await found(), 'Imported Asha,Imported Ravi', 'who is there');
    const file = await page.request.get(await page.getByRole('link', { name: 'CSV of the rows left out' }).evaluate((one) => one.href));
    holds((await file.text()).includes('Imported Nobody'), 'the file of the rows left out');
    await page.getByRole('link', { name: 'Import another file' }).click();
    await choose(FILE);
    await page.getByRole('button', { name: 'Import 3 rows' }).click();
    await page.getByRole('heading', { name: 'Imported' }).waitFor();
    await until(async () => (await found()) === 'Imported Asha,Imported Ravi', 'nobody twice');
    await page.setViewportSize({ width: 360, height: 740 });
    await picture(page, 'import-360');
    await page.setViewportSize({ width: 1440, height: 900 });
  });
  await page.close();
}
